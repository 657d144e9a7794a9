"""What training, streaming and tiling assume of every generator."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from vidgan.generators.base import CausalGenerator, FrameGenerator, Generator, WindowGenerator, frames_of, mirrored
from vidgan.generators.basicvsr import BasicVSR
from vidgan.generators.basicvsr_plus_plus import BasicVSRPlusPlus
from vidgan.generators.fastdvdnet import FastDVDnet
from vidgan.generators.post_filter import PostFilter
from vidgan.generators.recurrent import RecurrentSR
from vidgan.generators.recurrent_denoiser import RecurrentDenoiser
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.generators.srresnet import MSRResNet
from vidgan.generators.srvgg import SRVGGNetCompact
from vidgan.generators.sttn import STTN
from vidgan.generators.tecogan import TecoGAN

#: Values near 1 in double precision, through a few hundred sums that may be blocked otherwise: 1e-16 each.
ROUNDING = 1e-12

SMALL: dict[str, Callable[[], Generator]] = {
    "srresnet-x2": lambda: MSRResNet(2, channels=4, blocks=1),
    "srresnet-x3": lambda: MSRResNet(3, channels=4, blocks=1),
    "srresnet-x4": lambda: MSRResNet(4, channels=4, blocks=2),
    "rrdbnet-x1": lambda: RRDBNet(1, channels=4, blocks=1, growth=2),
    "rrdbnet-x2": lambda: RRDBNet(2, channels=4, blocks=1, growth=2),
    "rrdbnet-x4": lambda: RRDBNet(4, channels=4, blocks=1, growth=2),
    "srvgg-x4": lambda: SRVGGNetCompact(4, channels=4, convs=2),
    "basicvsr": lambda: BasicVSR(channels=4, blocks=1),
    "basicvsr++": lambda: BasicVSRPlusPlus(channels=8, blocks=1),
    "tecogan": lambda: TecoGAN(channels=4, blocks=1),
    "recurrent": lambda: RecurrentSR(channels=8),
    "recurrent-denoiser": lambda: RecurrentDenoiser(channels=8, deep_channels=8, blocks=1, gate_channels=4),
    "fastdvdnet": lambda: FastDVDnet().eval(),  # with running statistics: those of a batch tie its clips together
    "sttn": lambda: STTN(channels=8, blocks=1),
    "post-filter": lambda: PostFilter(channels=4, blocks=1),
    "post-filter-3": lambda: PostFilter(channels=4, blocks=1, neighbors=1),
}
FRAME = [name for name in SMALL if isinstance(SMALL[name](), FrameGenerator)]
CAUSAL = [name for name in SMALL if isinstance(SMALL[name](), CausalGenerator)]
WINDOW = [name for name in SMALL if isinstance(SMALL[name](), WindowGenerator)]
FLOW = ["basicvsr", "basicvsr++", "tecogan"]


def random_weights(network: Generator) -> Generator:
    """Every parameter non-zero, so that no path through the network is hidden by its initialization."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network.double()


def clip(network: Generator, frames: int, height: int, width: int) -> Tensor:
    """Two clips of what the network takes: frames, and maps where it asks for them."""
    return torch.rand(2, frames, network.in_channels, height, width, dtype=torch.float64)


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("name", SMALL)
def test_enlarges_clips_of_any_size(name: str, frames: int) -> None:
    network = SMALL[name]()
    high = frames_of(network(clip(network, frames, 9, 13).float()))
    assert high.shape == (2, frames, 3, 9 * network.scale, 13 * network.scale)


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    network = random_weights(SMALL[name]())
    frames_of(network(clip(network, 3, 16, 16))).square().mean().backward()
    assert [key for key, parameter in network.named_parameters() if not parameter.grad.any()] == []


@pytest.mark.parametrize("name", SMALL)
def test_clips_of_a_batch_are_independent(name: str) -> None:
    network = random_weights(SMALL[name]())
    low = clip(network, 3, 9, 13)
    alone = torch.cat([frames_of(network(low[:1])), frames_of(network(low[1:]))])
    torch.testing.assert_close(frames_of(network(low)), alone, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", FRAME)
def test_frame_networks_see_one_frame(name: str) -> None:
    network = random_weights(SMALL[name]())
    low = clip(network, 3, 9, 13)
    torch.testing.assert_close(network(low)[:, 1:2], network(low[:, 1:2]), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", CAUSAL)
def test_causal_networks_do_not_see_the_future_but_the_past(name: str) -> None:
    network = random_weights(SMALL[name]())
    low = clip(network, 3, 9, 13)
    changed = low.clone()
    changed[:, 1] += 0.1
    difference = (network(changed) - network(low)).abs().amax(dim=(0, 2, 3, 4))
    assert difference[0] == 0
    assert (difference[1:] > 0).all()


@pytest.mark.parametrize("chunks", [[1, 1, 1, 1, 1], [2, 3], [5]])
@pytest.mark.parametrize("name", CAUSAL)
def test_streaming_equals_the_whole_clip(name: str, chunks: list[int]) -> None:
    network = random_weights(SMALL[name]())
    low = clip(network, 5, 9, 13)
    state, streamed = None, []
    for chunk in low.split(chunks, dim=1):
        frames, state = network.stream(chunk, state)
        streamed.append(frames)
    torch.testing.assert_close(torch.cat(streamed, dim=1), network(low), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", WINDOW)
def test_windows_see_as_far_as_they_reach_and_no_farther(name: str) -> None:
    network = random_weights(SMALL[name]())
    low = clip(network, 3 * network.reach + 3, 9, 13)
    middle = network.reach + 1
    changed = low.clone()
    changed[:, middle] += 0.1
    difference = (network(changed) - network(low)).abs().amax(dim=(0, 2, 3, 4))
    assert difference.nonzero().flatten().tolist() == list(range(1, middle + network.reach + 1))


@pytest.mark.parametrize("name", WINDOW)
def test_windows_mirror_the_frames_at_the_ends(name: str) -> None:
    network = random_weights(SMALL[name]())
    low = clip(network, 4, 9, 13)
    around = [mirrored(index, 4) for index in range(-network.reach, 4 + network.reach)]
    torch.testing.assert_close(network(low), network.window(low[:, around]), rtol=0, atol=ROUNDING)


def test_mirrored_places_by_hand() -> None:
    assert [mirrored(index, 4) for index in range(-4, 9)] == [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert [mirrored(index, 1) for index in range(-2, 3)] == [0] * 5


@pytest.mark.parametrize("name", FLOW)
def test_flow_comes_with_the_same_frames(name: str) -> None:
    network = random_weights(SMALL[name]())
    low = clip(network, 3, 9, 13)
    frames, flow = network.forward_with_flow(low)
    assert flow.shape == (2, 2, 2, 9, 13)
    assert torch.equal(frames, network(low))


def reach(network: Generator, height: int, width: int) -> int:
    """How far the input pixels lie that the output above the middle pixel depends on, by its gradient."""
    low = clip(network, 1, height, width)[:1].requires_grad_()
    y, x = height // 2, width // 2
    scale = network.scale
    network(low)[..., y * scale : (y + 1) * scale, x * scale : (x + 1) * scale].sum().backward()
    rows, columns = low.grad.abs().sum(dim=(0, 1, 2)).nonzero().unbind(1)
    return int(torch.maximum((rows - y).abs(), (columns - x).abs()).max())


@pytest.mark.parametrize("name", ["srresnet-x2", "srresnet-x3", "srresnet-x4", "rrdbnet-x4", "srvgg-x4"])
def test_radius_is_exactly_how_far_the_network_sees(name: str) -> None:
    network = random_weights(SMALL[name]())
    size = 2 * network.radius + 9
    assert reach(network, size, size) == network.radius


@pytest.mark.parametrize(
    ("name", "unshuffle"), [("rrdbnet-x2", 2), ("rrdbnet-x1", 4), ("fastdvdnet", 4), ("post-filter", 2)]
)
def test_radius_of_a_coarser_grid_is_a_multiple_that_covers_what_the_network_sees(name: str, unshuffle: int) -> None:
    network = random_weights(SMALL[name]())
    size = 2 * network.radius + 8
    assert network.radius % unshuffle == 0
    assert network.radius - unshuffle <= reach(network, size, size) <= network.radius


@pytest.mark.parametrize("name", ["basicvsr", "basicvsr++", "tecogan", "recurrent", "recurrent-denoiser", "sttn"])
def test_networks_over_time_have_no_radius(name: str) -> None:
    assert SMALL[name]().radius is None


@pytest.mark.parametrize("name", SMALL)
def test_mixed_precision_stays_close_to_full_precision(name: str) -> None:
    network = random_weights(SMALL[name]()).float()
    low = clip(network, 3, 16, 16).float()
    with torch.autocast("cpu", torch.bfloat16):
        mixed = frames_of(network(low))
    exact = frames_of(network(low))
    # bfloat16 rounds by up to 0.4 percent, in some ten layers or more one after another: of the largest value.
    torch.testing.assert_close(mixed.float(), exact, rtol=0, atol=0.05 * exact.abs().max().item())
