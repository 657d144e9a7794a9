"""Exported networks compute what the network computes, or nothing is kept."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from safetensors import safe_open

from tests.protocols.test_cases import Spending, SpendingAround
from tests.published import flat_rrdbnet_keys
from vidgan.errors import UserError
from vidgan.experiment import onnx
from vidgan.experiment.exporting import export
from vidgan.experiment.networks import load_subject, task_of_weights
from vidgan.experiment.subject import Subject
from vidgan.generators.base import Generator
from vidgan.generators.basicvsr_plus_plus import BasicVSRPlusPlus
from vidgan.generators.fastdvdnet import FastDVDnet
from vidgan.generators.recurrent import RecurrentSR
from vidgan.generators.recurrent_denoiser import RecurrentDenoiser
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.generators.tecogan import TecoGAN


def command(weights: Path, output: Path) -> DictConfig:
    paths = {"runs": "runs", "cache": ".cache"}
    return OmegaConf.create(
        {"run": None, "weights": str(weights), "output": str(output), "overwrite": False, "paths": paths}
    )


def saved(network: Generator, path: Path) -> Path:
    """With every parameter non-zero, so that no path through the network is hidden by its initialization."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    torch.save(network.eval().state_dict(), path)
    return path


def test_safetensors_tell_what_they_hold(tmp_path: Path) -> None:
    network = RRDBNet(channels=4, blocks=2, growth=3).eval()
    torch.save({"params": flat_rrdbnet_keys(network.state_dict())}, tmp_path / "old.pth")
    out = export(command(tmp_path / "old.pth", tmp_path / "net.safetensors"))
    with safe_open(out, "pt") as file:
        assert json.loads(file.metadata()["network"]) == {
            "_target_": "vidgan.generators.rrdbnet.RRDBNet",
            "scale": 4,
            "channels": 4,
            "blocks": 2,
            "growth": 3,
        }
    assert task_of_weights(out) == "vidgan.tasks.super_resolution.task.SuperResolution"
    clip = torch.rand(1, 2, 3, 8, 8)
    assert torch.equal(load_subject(Subject(None, str(out), None))(clip), network(clip))


def test_what_a_file_says_of_itself_is_checked_like_any_configuration(tmp_path: Path) -> None:
    out = export(command(saved(RecurrentSR(channels=4), tmp_path / "net.pth"), tmp_path / "net.safetensors"))
    content = out.read_bytes().replace(
        b"vidgan.generators.recurrent.RecurrentSR", b"vidgan.generators.recurrent.RecurrentXX"
    )
    out.write_bytes(content)
    with pytest.raises(UserError, match=r"network._target_: .*RecurrentXX' cannot be imported"):
        load_subject(Subject(None, str(out), None))
    out.write_bytes(content.replace(b"vidgan.generators.recurrent.RecurrentXX", b"os.system".ljust(39)))
    with pytest.raises(UserError, match=r"network._target_: 'os.system *' is not allowed"):
        load_subject(Subject(None, str(out), None))


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda: RRDBNet(channels=4, blocks=1, growth=2), (1, 3, 18, 22)),
        (lambda: RRDBNet(2, channels=4, blocks=1, growth=2), (1, 3, 18, 22)),
        (FastDVDnet, (1, 5, 4, 20, 24)),
    ],
    ids=["frames", "multiples of 2", "windows"],
)
def test_onnx_computes_the_same_on_any_size(
    build: Callable[[], Generator], shape: tuple[int, ...], tmp_path: Path
) -> None:
    network = build()
    out = export(command(saved(network, tmp_path / "net.pth"), tmp_path / "net.onnx"))
    frames = torch.rand(shape)
    (made,) = onnxruntime.InferenceSession(out).run(None, {"frames": frames.numpy()})
    clip = frames if frames.ndim == 5 else frames[:, None]
    with torch.no_grad():
        expected = network(clip)[:, clip.shape[1] // 2]
    torch.testing.assert_close(torch.from_numpy(made), expected, rtol=0, atol=1e-5 * expected.abs().max().item())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.onnx", "net.pth"]


@pytest.mark.parametrize("network", [Spending(), SpendingAround()])
def test_onnx_makes_the_frames_of_a_network_that_names_more(network: Generator, tmp_path: Path) -> None:
    onnx.write_onnx(network.eval(), tmp_path / "net.onnx")
    clip = torch.rand(1, 1 + 2 * network.reach, 3, 24, 32)
    given = clip.numpy() if network.reach else clip[:, 0].numpy()
    (made,) = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"frames": given})
    expected = clip[:, network.reach].repeat_interleave(2, -2).repeat_interleave(2, -1)
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize(
    "build",
    [lambda: RecurrentSR(channels=4), lambda: TecoGAN(channels=4, blocks=1), lambda: RecurrentDenoiser(4, 4, 1, 4)],
)
def test_a_causal_network_is_a_first_step_and_all_others(build: Callable[[], Generator], tmp_path: Path) -> None:
    network = build()
    out = export(command(saved(network, tmp_path / "net.pth"), tmp_path / "net.onnx"))
    first, later = (onnxruntime.InferenceSession(path) for path in (tmp_path / "net_first.onnx", out))
    clip = torch.rand(1, 3, network.in_channels, 16, 24)
    made, *state = first.run(None, {"frames": clip[:, 0].numpy()})
    frames = [made]
    for frame in clip[:, 1:].unbind(1):
        names = [node.name for node in later.get_inputs()]
        made, *state = later.run(None, dict(zip(names, [frame.numpy(), *state], strict=True)))
        frames.append(made)
    with torch.no_grad():
        expected = network(clip)
    torch.testing.assert_close(torch.from_numpy(np.stack(frames, 1)), expected, rtol=0, atol=1e-4)


def test_no_graph_takes_the_place_of_a_file_unasked(tmp_path: Path) -> None:
    """That of the first step has a name of its own."""
    (tmp_path / "net_first.onnx").write_bytes(b"mine")
    with pytest.raises(UserError, match=r"output=.*net_first.onnx is there already; choose another name"):
        export(command(saved(RecurrentSR(channels=4), tmp_path / "net.pth"), tmp_path / "net.onnx"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.pth", "net_first.onnx"]
    assert (tmp_path / "net_first.onnx").read_bytes() == b"mine"


def test_a_graph_that_differs_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "TOLERANCE", -1.0)
    weights = saved(RRDBNet(channels=4, blocks=1, growth=2), tmp_path / "net.pth")
    with pytest.raises(UserError, match=r"net.onnx was not kept: its graph differs from the network by "):
        export(command(weights, tmp_path / "net.onnx"))
    assert [path.name for path in tmp_path.iterdir()] == ["net.pth"]


def test_a_network_of_the_whole_clip_has_no_graph(tmp_path: Path) -> None:
    weights = saved(BasicVSRPlusPlus(channels=8, blocks=1), tmp_path / "net.pth")
    with pytest.raises(UserError, match=r"^BasicVSRPlusPlus sees a whole clip at once, .*export it as .safetensors"):
        export(command(weights, tmp_path / "net.onnx"))


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("net.tflite", "there is no such format; expected .safetensors or .onnx"),
        ("net.safetensors", "itself|themselves"),
        ("there.onnx", r"output=.*there\.onnx is there already; choose another name, or overwrite=true"),
    ],
)
def test_mistakes_are_told(output: str, sentence: str, tmp_path: Path) -> None:
    weights = tmp_path / "net.safetensors"
    (tmp_path / "there.onnx").write_bytes(b"mine")
    with pytest.raises(UserError, match=sentence):
        export(command(weights, tmp_path / output))
    assert (tmp_path / "there.onnx").read_bytes() == b"mine"
