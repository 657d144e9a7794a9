"""Networks that make frames between two: published sizes, and what training and use assume of each."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from torch import Tensor

from vidgan.baselines.interpolation import blend, dis
from vidgan.experiment.networks import load_network
from vidgan.generators.dis_blend import DISBlend
from vidgan.generators.ifrnet import IFRNet
from vidgan.generators.interpolation import Interpolator
from vidgan.generators.recognition import networks, recognise
from vidgan.generators.rife import RIFE
from vidgan.ops.optical_flow import dis_flow
from vidgan.ops.warp import warp
from vidgan.weights import read_state

NETWORKS: dict[str, Callable[[], Interpolator]] = {
    "rife-4.0": lambda: RIFE("4.0"),
    "rife-4.6": lambda: RIFE("4.6"),
    "rife-4.25": lambda: RIFE("4.25"),
    "ifrnet-S": lambda: IFRNet("S"),
    "dis-blend": DISBlend,
}
PUBLISHED = [name for name in NETWORKS if name != "dis-blend"]


def awake(name: str) -> Interpolator:
    """No path through the network is hidden by its initialization."""
    network = NETWORKS[name]()
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
