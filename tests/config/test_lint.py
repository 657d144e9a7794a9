"""Typos are refused by name, wherever they stand, and only allow-listed targets are built."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig, OmegaConf

from vidgan.config.instantiate import ALLOWED_VARIABLE, build
from vidgan.errors import UserError
from vidgan.experiment.build import check

Composed = Callable[..., DictConfig]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+networks.generator.chanels=8", r"networks\.generator\.chanels: .* did you mean 'channels'\?"),
        ("+players.generator.optimizer.lrr=1", r"players\.generator\.optimizer\.lrr: torch\.optim\.Adam has no arg"),
        ("+task.ping_pongg=true", r"task\.ping_pongg: .* did you mean 'ping_pong'\?"),
        ("+data.patches=3", r"data\.patches: .* did you mean 'patch'\?"),
        ("~data.patch", r"data: .* needs the argument 'patch'"),
        ("data=folder", r"data\.root is not set; give it on the command line: data\.root=<value>"),
        ("losses.adversarial.discriminator=face", r"losses\.adversarial\.discriminator is 'face', which is not in"),
        (
            "players.discriminator.role=judge",
            r"players\.discriminator\.role=judge: expected one of generator, disc",
        ),
        ("validation.monitor=pnsr", r"validation\.monitor is 'pnsr'; the protocol has psnr"),
        ("networks.generator._target_=os.system", r"networks\.generator\._target_: 'os\.system' is not allowed"),
    ],
)
def test_a_mistake_is_named(composed: Composed, override: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check(composed(override))


@pytest.mark.parametrize("override", ["engine.iteration=3", "losses.pixel.wieght=1", "machine.device=2", "sed=1"])
def test_a_typo_on_the_command_line_is_refused(composed: Composed, override: str) -> None:
    with pytest.raises(ConfigCompositionException, match=override.split("=")[0].split(".")[-1]):
        composed(override)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("engine: {iteration: 3}", "iteration"),
        ("losses: {pixel: {wieght: 1}}", "wieght"),
        ("networks: {generator: {chanels: 8}}", r"networks\.generator\.chanels"),
    ],
)
def test_a_typo_in_an_experiment_file_is_refused(composed: Composed, tmp_path: Path, yaml: str, message: str) -> None:
    folder = tmp_path / "mine" / "experiments"
    folder.mkdir(parents=True)
    (folder / "typo.yaml").write_text(
        f"# @package _global_\ndefaults:\n  - super_resolution/quickstart\n  - _self_\n{yaml}\n"
    )
    with pytest.raises((ConfigCompositionException, UserError), match=message):
        check(composed("experiments=typo", f"hydra.searchpath=[file://{tmp_path}/mine]"))


@pytest.mark.parametrize("path", ["vidgan.losses.pixel.torch.hub.load", "vidgan.data.sources.os.system"])
def test_no_target_leads_out_through_an_import(path: str) -> None:
    with pytest.raises(UserError, match=r"node\._target_"):
        build(OmegaConf.create({"_target_": path}), "node")


def test_a_users_own_package_is_allowed_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    node = OmegaConf.create({"_target_": "fractions.Fraction", "numerator": 3})
    with pytest.raises(UserError, match="not allowed"):
        build(node, "node")
    monkeypatch.setenv(ALLOWED_VARIABLE, "fractions")
    assert build(node, "node") == 3
