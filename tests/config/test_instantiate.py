"""What the allow-list has checked is what is built: no text becomes a program on its way."""

import hashlib
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from vidgan.config.instantiate import ALLOWED_VARIABLE, build
from vidgan.config.lint import lint
from vidgan.errors import UserError
from vidgan.experiment.evaluation import evaluate, evaluation_of, protocol_config
from vidgan.experiment.networks import describe, load_network, recorded_config
from vidgan.generators.srvgg import SRVGGNetCompact
from vidgan.record.folder import FINISHED, RunFolder, write_json
from vidgan.record.identity import halves
from vidgan.weights import save_weights

Composed = Callable[..., DictConfig]


class Ran(BaseException):
    """A program was run; no ``except Exception`` hides it."""


def run(*arguments: object, **named: object) -> None:
    raise Ran


@pytest.fixture(autouse=True)
def _watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a configuration smuggles in is told by :class:`Ran`."""
    monkeypatch.setattr(os, "system", run)
    monkeypatch.setenv("VIDGAN_TEST_SECRET", "the secret")
    OmegaConf.register_new_resolver("vidgan.test", run, replace=True)


EVIL = {"_target_": "os.system", "_args_": ["echo"]}
NETWORK = {"_target_": "vidgan.generators.srvgg.SRVGGNetCompact", "channels": 4, "convs": 1}
TEXTS = {
    "escaped": "\\${oc.create:{_target_:os.system,_args_:[echo]}}",
    "escaped resolver": "\\${vidgan.test:}",
    "escaped twice": "\\\\${vidgan.test:}",
    "escaped three times": "\\\\\\${vidgan.test:}",
    "nested": "${oc.decode:'\\${vidgan.test:}'}",
    "secret": "${oc.env:VIDGAN_TEST_SECRET}",
    "escaped secret": "\\${oc.env:VIDGAN_TEST_SECRET}",
    "within text": "a ${vidgan.test:} b",
    "a node": "${.}",
    "open": "${",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("place", ["value", "list", "dict", "partial", "target"])
def test_no_text_that_comes_with_a_file_is_resolved(text: str, place: str, tmp_path: Path) -> None:
    """Neither in the metadata of weights nor in a run's configuration nor in a protocol's file."""
    hidden: dict[str, dict[str, Any]] = {
        "value": {"activation": text},
        "list": {"activation": [[text]]},
        "dict": {"activation": {"a": {"b": text}}},
        "partial": {"activation": {"_target_": NETWORK["_target_"], "_partial_": True, "scale": text}},
        "target": {"_target_": text},
    }
    description = {**NETWORK, **hidden[place]}
    weights = tmp_path / "weights.safetensors"
    save_weights(SRVGGNetCompact(channels=4, convs=1).state_dict(), weights, {"network": json.dumps(description)})
    with pytest.raises(UserError, match=r"metadata entry 'network': \S+ is .* never resolved") as told:
        describe(None, weights)
    assert "the secret" not in str(told.value)
    config = {"task": {}, "engine": {}, "networks": {"generator": description}}
    (tmp_path / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
    with pytest.raises(UserError, match=r"config.yaml: (networks\.generator\.\S+ is .* never resolved|cannot be read)"):
        recorded_config(RunFolder(tmp_path))
    protocol = {"_target_": "vidgan.protocols.protocol.Protocol", "name": "a", "follows": "b", "metrics": hidden[place]}
    (tmp_path / "protocol.yaml").write_text(json.dumps(protocol))
    with pytest.raises(UserError, match=r"protocol.yaml: (metrics\.\S+ is .* never resolved|cannot be read)"):
        protocol_config(str(tmp_path / "protocol.yaml"))


@pytest.mark.parametrize("name", ["escaped", "escaped resolver", "escaped three times", "escaped secret"])
def test_text_that_was_resolved_once_stays_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED_VARIABLE, "tests.config.test_instantiate")
    node = OmegaConf.create({"_target_": f"{__name__}.Kept", "value": {"a": [TEXTS[name]]}})
    once = OmegaConf.to_container(node, resolve=True)
    assert isinstance(once, dict)
    assert build(node, "node").value == once["value"]


class Kept:
    def __init__(self, value: Any = None) -> None:
        self.value = value


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        " vidgan.generators.srvgg.SRVGGNetCompact",
        "vidgan.generators.srvgg.SRVGGNetCompact ",
        "vidgan.generators.srvgg.SRVGGNetCompact\n",
        "vidgan.generators.srvgg.\N{FULLWIDTH LATIN CAPITAL LETTER S}RVGGNetCompact",
        "vidgan.generators..srvgg.SRVGGNetCompact",
        "vidgan.generators.",
        "vidgan.data.clip.os.system",
        "vidgan.data.sources.os.system",
        "vidgan.data.sources.Path",
        "vidgan.data.sources.zipfile.ZipFile",
        "vidgan.losses.pixel.torch.hub.load",
        "vidgan.data.pictures.decode_image",
        "vidgan.data.sources.FrameFolder.stream",
        "vidgan.data.sources.FrameFolder.__init__",
        "vidgan.data.sources.Source.__subclasses__",
        "vidgan.data.sources.__loader__.load_module",
        "torch.nn.Module.__subclasses__",
        "torch.nn.Module.register_forward_hook",
        "torch.nn.modules.module.torch.load",
        "torch.nn.functional.relu",
        "torch.nn.init.kaiming_normal_",
        "torch.nn.utils.clip_grad_norm_",
        "torch.nn.modules.module.register_module_forward_hook",
        "torch.optim.swa_utils.update_bn",
        "torch.optim.lr_scheduler.warnings.warn",
        "torch.nn",
        "torch.optim.adam",
        "",
        None,
        3,
        True,
        ["os.system"],
        {"_target_": "os.system"},
    ],
)
def test_a_target_is_a_class_of_the_list(target: Any) -> None:
    for node in (
        {"_target_": target},
        {"_target_": "torch.nn.Sequential", "modules": [{"a": [{"_target_": target}]}]},
        {"_target_": "torch.optim.Adam", "_partial_": True, "betas": {"_target_": target, "_partial_": True}},
    ):
        with pytest.raises(UserError, match=r"node\S*\._target_: .*(not allowed|cannot be imported|no class)"):
            build(OmegaConf.create(node), "node")


@pytest.mark.parametrize("key", ["_args_", "_recursive_", "_convert_", "_mode_", 3])
def test_other_keys_of_hydra_are_refused_before_a_run_begins(key: Any) -> None:
    node = {**NETWORK, key: [EVIL]}
    for nested in (node, {**NETWORK, "parts": [node]}):
        with pytest.raises(UserError, match=rf"\.{key}.* not supported|_target_: 'os.system' is not allowed"):
            build(OmegaConf.create(nested), "network")
    with pytest.raises(UserError, match=rf"networks\.generator\.{key} is not supported"):
        lint(OmegaConf.create({"networks": {"generator": {**NETWORK, key: []}}}), {})


def test_nothing_is_built_before_all_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED_VARIABLE, "tests.config.test_instantiate")
    with pytest.raises(UserError, match=r"node\.second\._target_: 'os.system' is not allowed"):
        build(
            OmegaConf.create(
                {"_target_": f"{__name__}.Kept", "first": {"_target_": f"{__name__}.run"}, "second": EVIL}
            ),
            "node",
        )


def test_what_describes_a_network_makes_nothing_else(tmp_path: Path) -> None:
    """A class of another kind may read files that came beside the weights."""
    weights = tmp_path / "weights.safetensors"
    save_weights(SRVGGNetCompact(channels=4, convs=1).state_dict(), weights)
    for other in ("vidgan.pose.estimators.ultralytics.Ultralytics", "vidgan.metrics.frechet.FID"):
        node = OmegaConf.create({"_target_": other, **({"model": "a.onnx"} if "ultra" in other else {})})
        with pytest.raises(UserError, match=r"network\._target_: .* is not allowed"):
            load_network(node, weights)


@pytest.mark.parametrize(
    "sizes", [{"channels": 10**9}, {"convs": 10**9}, {"channels": 60_000, "convs": 900}, {"scale": 10**9}]
)
def test_no_memory_is_taken_for_a_network_that_its_file_does_not_hold(sizes: dict[str, int], tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    description = {**NETWORK, **sizes}
    save_weights(SRVGGNetCompact(channels=4, convs=1).state_dict(), weights, {"network": json.dumps(description)})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError, match=r"weights\.safetensors|^network"):
        load_network(describe(None, weights), weights)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB; 10**9 channels are gigabytes


def test_a_recorded_checksum_trusts_no_program(composed: Composed, tmp_path: Path) -> None:
    program = tmp_path / "program.pt"
    program.write_bytes(b"a program")
    digest = hashlib.sha256(b"a program").hexdigest()
    metric = {"_target_": "vidgan.metrics.frechet.FID", "weights": str(program), "sha256": digest}
    config = OmegaConf.merge(composed("experiments=super_resolution/quickstart"), {})
    OmegaConf.set_struct(config, False)
    config.protocol.metrics.fid = metric
    run = RunFolder(tmp_path / "runs" / "super_resolution" / "theirs-12345678")
    save_weights({}, run.path / "checkpoints" / "last.safetensors")
    (run.path / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(halves(config)[0])))
    write_json(run.path / "provenance.json", {"segments": [{"precision": "32-true"}]})
    run.update_summary(id=run.id, state=FINISHED)
    with pytest.raises(UserError, match=r"protocol\.metrics\.fid of run theirs-12345678 is computed by a TorchScript"):
        evaluation_of(composed("run=theirs", command="evaluate"))
    own = tmp_path / "own.yaml"
    own.write_text(json.dumps(OmegaConf.to_container(config.protocol, resolve=True)))
    assert evaluation_of(composed("run=theirs", f"protocol={own}", command="evaluate")).experiment.protocol.metrics.fid


@pytest.mark.parametrize("part", ["task", "engine", "networks", "networks.generator", "protocol"])
@pytest.mark.parametrize("left", [None, {}, "text", [1]])
def test_a_configuration_that_is_not_whole_is_told(composed: Composed, tmp_path: Path, part: str, left: Any) -> None:
    """Of a run, by whoever it was written; the score of a run without a protocol is nobody's."""
    config = halves(composed("experiments=super_resolution/quickstart"))[0]
    *above, name = part.split(".")
    (config[above[0]] if above else config)[name] = left
    run = RunFolder(tmp_path / "runs" / "super_resolution" / "theirs-12345678")
    save_weights({}, run.path / "checkpoints" / "last.safetensors")
    (run.path / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(config)))
    run.update_summary(id=run.id, state=FINISHED)
    with pytest.raises(UserError):
        evaluate(composed("run=theirs", "machine=cpu", command="evaluate"))


def test_partials_lists_and_dicts_are_built_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED_VARIABLE, "tests.config.test_instantiate")
    kept = {"_target_": f"{__name__}.Kept", "value": 1}
    made = build(OmegaConf.create({**kept, "value": [{"a": kept}, {**kept, "_partial_": True}, "b"]}), "node").value
    assert made[0]["a"].value == 1
    assert made[1](value=2).value == 2
    assert made[2] == "b"
    assert type(made) is list
    assert build(OmegaConf.create({**kept, "_partial_": True}), "node")(value=3).value == 3


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "alias bomb": BOMB,
    "alias of itself": "a: &a [*a]",
    "merged bomb": BOMB.replace("[", "{k: ", 1).replace("x, x, x, x, x, x, x, x, x]", "x}"),
    "deep": "a: " + "[" * 100_000,
    "deep by aliases": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60)),
    "wide": "a: [" + "x, " * 30_000 + "x]",
    "large": "a: " + "x" * 2_000_000,
    "long number": "a: " + "9" * 10_000,
    "python object": "a: !!python/object/apply:os.system [echo]",
    "python name": "a: !!python/name:os.system",
    "garbage": "\x00\x01\x02",
    "text": "just text",
    "list": "[1, 2]",
    "cut": "a: {b: [1, 2",
    "empty": "",
    "number keys": "1: 2",
    "twice": "a: 1\na: 2",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    for name in ("config.yaml", "protocol.yaml"):
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=r"config\.yaml: "):
        recorded_config(RunFolder(tmp_path))
    with pytest.raises(UserError, match=r"protocol\.yaml: "):
        protocol_config(str(tmp_path / "protocol.yaml"))


@pytest.mark.parametrize("text", ["[" * 100_000, "{}x", "[]", "3", '{"a": ' * 5000, "\x00", "9" * 10_000, ""])
def test_hostile_metadata_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    save_weights({}, weights, {"network": text or "null"})
    with pytest.raises(UserError, match=r"metadata entry 'network'"):
        describe(None, weights)
