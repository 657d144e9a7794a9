"""Networks that make frames between two: published sizes, and what training and use assume of each."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

import pytest
import torch
from omegaconf import OmegaConf
from torch import Tensor, nn

from vidgan.baselines.interpolation import blend, dis
from vidgan.experiment.networks import load_network
from vidgan.generators.dis_blend import DISBlend
from vidgan.generators.ifrnet import IFRNet
from vidgan.generators.interpolation import Interpolator
from vidgan.generators.recognition import networks, recognise
from vidgan.generators.rife import RIFE, IFBlock
from vidgan.ops.optical_flow import dis_flow
from vidgan.ops.warp import warp
from vidgan.weights import read_state

Network = TypeVar("Network", bound=Interpolator)
NETWORKS: dict[str, Callable[[], Interpolator]] = {
    "rife-4.0": lambda: RIFE("4.0"),
    "rife-4.6": lambda: RIFE("4.6"),
    "rife-4.25": lambda: RIFE("4.25"),
    "ifrnet-S": lambda: IFRNet("S"),
    "dis-blend": DISBlend,
}
PUBLISHED = [name for name in NETWORKS if name != "dis-blend"]


def awake(name: str) -> Interpolator:
    return waken(NETWORKS[name]())


def waken(network: Network) -> Network:
    """No path through the network is hidden by its initialization."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    return network.eval()


def textured(height: int, width: int) -> Tensor:
    """(3, H, W) smooth noise in [0, 1]."""
    return torch.nn.functional.interpolate(
        torch.rand(1, 3, height // 4 + 1, width // 4 + 1), (height, width), mode="bicubic"
    )[0].clamp(0, 1)


@pytest.mark.parametrize(
    ("network", "count", "keys"),
    [
        (lambda: RIFE("4.0"), 5_160_980, 128),
        (lambda: RIFE("4.0", taught=True), 5_486_713, 160),
        (lambda: RIFE("4.6"), 5_306_256, 120),
        (lambda: RIFE("4.25"), 5_664_776, 158),
        (lambda: IFRNet("S"), 2_803_610, 104),
        (lambda: IFRNet("base"), 4_959_692, 104),
        (lambda: IFRNet("L"), 19_699_460, 104),
    ],
)
def test_published_sizes(network: Callable[[], Interpolator], count: int, keys: int) -> None:
    with torch.device("meta"):
        built = network()
    assert (sum(parameter.numel() for parameter in built.parameters()), len(built.state_dict())) == (count, keys)


def test_the_teacher_has_the_shapes_of_the_published_file() -> None:
    """That of 4.0 has 222 keys, 32 of them the teacher's, which sees 21 channels."""
    with torch.device("meta"):
        shapes = {key: tuple(value.shape) for key, value in RIFE("4.0", taught=True).block_tea.state_dict().items()}
    assert len(shapes) == 32
    assert shapes["conv0.0.0.weight"] == (32, 21, 3, 3)
    assert shapes["convblock.7.0.weight"] == (64, 64, 3, 3)
    assert shapes["lastconv.weight"] == (64, 5, 4, 4)
    with pytest.raises(ValueError, match=r"RIFE 4\.25 has no teacher; choose version 4\.0 or 4\.6"):
        RIFE("4.25", taught=True)


@pytest.mark.parametrize("version", ["4.0", "4.6"])
def test_a_teacher_corrects_what_the_others_found(version: Literal["4.0", "4.6"]) -> None:
    network, frames, time = waken(RIFE(version, taught=True)), torch.rand(3, 2, 3, 21, 37), torch.tensor([0.5, 0.25])
    made, plain = network.learn(frames[0], frames[1], time, frames[2]), network(frames[0], frames[1], time)
    torch.testing.assert_close(made["frame"], plain.frame)
    assert torch.equal(made["stage_frames"][-1], made["frame"])
    assert torch.equal(made["stage_flows"][-1], made["flow"])
    assert [part.shape for part in made["stage_frames"]] == [(2, 3, 21, 37)] * 4
    assert [part.shape for part in made["stage_flows"]] == [(2, 4, 21, 37)] * 4
    other = network.learn(frames[0], frames[1], time, 1 - frames[2])
    assert torch.equal(other["frame"], made["frame"]), "the teacher alone sees the true frame"
    assert not torch.equal(other["taught_frame"], made["taught_frame"])
    assert not torch.equal(other["taught_flow"], made["taught_flow"])
    nn.init.zeros_(last_of(network.block_tea).weight)
    nn.init.zeros_(last_of(network.block_tea).bias)
    silent = network.learn(frames[0], frames[1], time, frames[2])
    assert torch.equal(silent["taught_flow"], silent["flow"])
    torch.testing.assert_close(silent["taught_frame"], silent["frame"])


def last_of(block: IFBlock) -> nn.ConvTranspose2d:
    return block.lastconv[0] if block.scaled else block.lastconv


def test_weights_with_a_teacher_are_taken_with_and_without_it(tmp_path: Path) -> None:
    network = waken(RIFE("4.0", taught=True))
    torch.save(network.state_dict(), tmp_path / "flownet.pth")
    frames = torch.rand(3, 1, 3, 32, 32)
    given = (*frames[:2], torch.tensor([0.5]))
    for taught in (True, False):
        described = {"_target_": "vidgan.generators.rife.RIFE", "version": "4.0", "taught": taught}
        found = load_network(OmegaConf.create(described), tmp_path / "flownet.pth").eval()
        assert torch.equal(found(*given).frame, network(*given).frame)
        if taught:
            assert torch.equal(
                found.learn(*given, frames[2])["taught_flow"], network.learn(*given, frames[2])["taught_flow"]
            )


def test_features_of_the_true_frame_are_those_of_the_encoder() -> None:
    network, frames = waken(IFRNet("S", taught=True)), torch.rand(3, 1, 3, 32, 48)
    made = network.learn(frames[0], frames[1], torch.tensor([0.5]), frames[2])
    torch.testing.assert_close(made["frame"], network(frames[0], frames[1], torch.tensor([0.5])).frame)
    sizes = [(1, 54, 4, 6), (1, 36, 8, 12), (1, 24, 16, 24)]
    assert [part.shape for part in made["made_features"]] == sizes
    assert [part.shape for part in made["true_features"]] == sizes
    expected = network.encoder(frames[2] - frames[:2].mean())
    torch.testing.assert_close(made["true_features"][2], expected[0])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("scale", [1, 0.5])
def test_frames_of_any_size_at_any_scale(name: str, scale: float) -> None:
    network, frames = awake(name), torch.rand(2, 2, 3, 21, 37)
    with torch.no_grad():
        made = network(frames[:, 0], frames[:, 1], torch.tensor([0.5, 0.25]), scale)
    assert made.frame.shape == (2, 3, 21, 37)
    assert made.flow.shape == (2, 4, 21, 37)
    assert made.weight.shape == (2, 1, 21, 37)
    assert 0 <= made.weight.min() <= made.weight.max() <= 1


@pytest.mark.parametrize("name", NETWORKS)
def test_pairs_of_a_batch_are_independent(name: str) -> None:
    network, frames = awake(name).double(), torch.rand(2, 2, 3, 32, 32, dtype=torch.float64)
    time = torch.tensor([0.5, 0.2], dtype=torch.float64)
    with torch.no_grad():
        both = network(frames[:, 0], frames[:, 1], time).frame
        alone = [network(frames[i : i + 1, 0], frames[i : i + 1, 1], time[i : i + 1]).frame for i in range(2)]
    # Warping computes positions in float32, the same ones; sums of doubles may be blocked otherwise.
    torch.testing.assert_close(both, torch.cat(alone), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    network, frames = awake(name), torch.rand(1, 2, 3, 64, 64)
    network(frames[:, 0], frames[:, 1], torch.tensor([0.3])).frame.square().mean().backward()
    without = [key for key, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert without == []


@pytest.mark.parametrize("name", NETWORKS)
def test_the_time_matters(name: str) -> None:
    network, frames = awake(name), torch.rand(1, 2, 3, 32, 32)
    with torch.no_grad():
        early, late = (network(frames[:, 0], frames[:, 1], torch.tensor([t])).frame for t in (0.1, 0.9))
    assert (early - late).abs().max() > 1e-6


@pytest.mark.parametrize("name", PUBLISHED)
def test_weights_tell_their_network(name: str, tmp_path: Path) -> None:
    network = awake(name)
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    if name == "rife-4.0":  # its published file holds what never runs, too
        state |= {"module.contextnet.conv1.conv1.0.bias": torch.zeros(16), "module.unet.conv.bias": torch.zeros(3)}
    path = tmp_path / "flownet.pth"
    torch.save(state, path)
    found = load_network(OmegaConf.create(recognise(read_state(path), path)), path).eval()
    frames = torch.rand(2, 1, 3, 32, 32)
    with torch.no_grad():
        made, expected = (one(frames[0], frames[1], torch.tensor([0.5])).frame for one in (found, network))
    assert type(found) is type(network)
    assert torch.equal(made, expected)
    claiming = []
    for other in networks():
        try:
            other.recognise({key: tuple(value.shape) for key, value in network.state_dict().items()})
        except KeyError:
            continue
        claiming.append(other)
    assert claiming == [type(network)]


def test_the_small_network_is_the_same_backwards() -> None:
    """Of two equal frames it makes that frame, and played backwards it makes the same."""
    network, frame = DISBlend().eval(), textured(64, 64)[None]
    other = frame.roll(3, -1)
    with torch.no_grad():
        torch.testing.assert_close(network(frame, frame, torch.tensor([0.3])).frame, frame, rtol=0, atol=1e-6)
        there = network(frame, other, torch.tensor([0.25])).frame
        back = network(other, frame, torch.tensor([0.75])).frame
    torch.testing.assert_close(there, back, rtol=0, atol=1e-5)  # 1 - 0.25 and 0.75 - 1, rounded, times 3 pixels


def test_the_small_network_begins_almost_at_the_baseline() -> None:
    """90 % of what DIS makes, 8 % of what the same motion makes the other way round, 2 % of the frames as they are."""
    network, first = DISBlend().eval(), textured(64, 96)[None]
    second, time = first.roll((1, 3), (-2, -1)), torch.tensor([0.25])
    forth, back = dis_flow(first, second), dis_flow(second, first)
    other = warp(first, -0.25 * forth, "border").lerp(warp(second, -0.75 * back, "border"), 0.25)
    expected = 0.9 * dis(first, second, time) + 0.08 * other + 0.02 * blend(first, second, time)
    with torch.no_grad():
        torch.testing.assert_close(network(first, second, time).frame, expected, rtol=0, atol=1e-5)


def test_motion_is_found() -> None:
    """A texture that goes three pixels to the right and one down."""
    first = textured(64, 96)[None]
    flow = dis_flow(first, first.roll((1, 3), (-2, -1)))[0, :, 16:-16, 16:-16]
    assert flow[0].median().item() == pytest.approx(3, abs=0.1)  # a tenth of a pixel: DIS ends at a fraction of one
    assert flow[1].median().item() == pytest.approx(1, abs=0.1)
    assert torch.equal(dis_flow(first[..., :15], first[..., :15]), torch.zeros(1, 2, 64, 15))
