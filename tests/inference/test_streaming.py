"""Streaming and tiling: what comes out chunk by chunk and tile by tile is what the whole clip gives."""

import weakref
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.generators.base import CausalGenerator, FrameGenerator, Generator, WindowGenerator
from vidgan.generators.recurrent import RecurrentSR
from vidgan.generators.srvgg import SRVGGNetCompact
from vidgan.inference.streaming import stream, windows
from vidgan.inference.tiling import Tiled, spans
from vidgan.video.reader import Frames


class MeanOfNeighbours(Generator):
    """Bidirectional toy: each frame becomes the mean of the frames at most one away."""

    scale = 1
    temporal: Literal["bidirectional"] = "bidirectional"

    def forward(self, low: Tensor) -> Tensor:
        steps = range(low.shape[1])
        return torch.stack([low[:, max(0, t - 1) : t + 2].mean(1) for t in steps], dim=1)


class MirroredMean(WindowGenerator):
    """Window toy: each frame becomes the mean of five, mirrored at the ends."""

    scale = 1
    reach = 2

    def window(self, low: Tensor) -> Tensor:
        return low.unfold(1, 5, 1).mean(-1)


class Shrinking(CausalGenerator):
    """Causal toy with a state that counts: brightness falls with every frame."""

    scale = 1

    def stream(self, low: Tensor, state: int | None = None) -> tuple[Tensor, int]:
        start = state or 0
        factors = torch.arange(start, start + low.shape[1]) + 1
        return low / factors.view(1, -1, 1, 1, 1), start + low.shape[1]


class Spreading(CausalGenerator):
    """Causal toy whose memory is blurred with every frame."""

    scale = 1

    def stream(self, low: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        made = []
        for frame in low.unbind(1):
            state = frame if state is None else frame + 0.5 * F.avg_pool2d(state, 3, stride=1, padding=1)
            made.append(state)
        assert state is not None
        return torch.stack(made, dim=1), state


def awake(network: nn.Module) -> nn.Module:
    """With random weights everywhere: new networks may start as plain interpolation."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for parameter in network.parameters():
            parameter.normal_(0, 0.1)
    return network.eval()


def clip(count: int = 11, height: int = 8, width: int = 10) -> list[Frames]:
    return list(np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def whole(generator: nn.Module, frames: list[Frames]) -> np.ndarray:
    low = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)[None].float() / 255
    with torch.inference_mode():
        made = generator(low)[0].clamp(0, 1) * 255
    return made.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("chunk", [1, 3, 4, 11, 20])
@pytest.mark.parametrize(
    "generator",
    [
        MeanOfNeighbours(),
        MirroredMean(),
        Shrinking(),
        awake(SRVGGNetCompact(2, 8, 2)),
        awake(RecurrentSR(2, channels=8)),
    ],
    ids=lambda generator: type(generator).__name__,
)
def test_streaming_equals_the_whole_clip(generator: Generator, chunk: int) -> None:
    made = np.stack(list(stream(generator, clip(), chunk, context=1)))
    assert made.dtype == np.uint8
    assert np.abs(made - whole(generator, clip())).max() <= 0.5 + 1e-3


def test_windows_follow_each_other_with_the_context_asked_for() -> None:
    frames = [np.full(1, index, np.uint8) for index in range(11)]
    found = [([int(f[0]) for f in window], first, last) for window, first, last in windows(frames, 4, 2)]
    assert found == [([0, 1, 2, 3, 4, 5], 0, 4), ([2, 3, 4, 5, 6, 7, 8, 9], 2, 6), ([6, 7, 8, 9, 10], 2, 5)]
    assert list(windows([], 4, 2)) == []


@pytest.mark.parametrize(
    "generator", [MeanOfNeighbours(), MirroredMean(), Shrinking()], ids=lambda generator: generator.temporal
)
def test_the_frames_held_do_not_grow_with_the_video(generator: Generator) -> None:
    alive: set[int] = set()
    peak = 0

    def endless() -> Iterator[Frames]:
        nonlocal peak
        for index in range(200):
            frame = np.zeros((2, 2, 3), np.uint8)
            alive.add(index)
            weakref.finalize(frame, alive.discard, index)
            peak = max(peak, len(alive))
            yield frame
            del frame

    assert sum(1 for _ in stream(generator, endless(), chunk=4, context=2)) == 200
    assert peak <= 2 * (4 + 2 * 2)


def test_spans_cover_an_axis_once_and_see_the_overlap_within_it() -> None:
    assert spans(10, 4, 2) == [(0, 6, 0, 4), (2, 10, 4, 8), (6, 10, 8, 10)]
    assert spans(3, 8, 2) == [(0, 3, 0, 3)]


@pytest.mark.parametrize("tile", [5, 8, 64])
def test_tiles_equal_the_whole_frame_for_a_finite_radius(tile: int) -> None:
    network = awake(SRVGGNetCompact(2, 8, 2))
    assert isinstance(network, FrameGenerator)
    low = torch.rand(1, 2, 3, 19, 23, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert network.radius == 4
        assert torch.allclose(Tiled(network, tile)(low), network(low), atol=1e-5)


@pytest.mark.parametrize("chunk", [3, 20])
def test_tiles_stream_through_a_window(chunk: int) -> None:
    streamed = np.stack(list(stream(Tiled(MirroredMean(), 4, 0), clip(), chunk)))
    assert np.abs(streamed - whole(MirroredMean(), clip())).max() <= 0.5 + 1e-3


def test_one_pixel_less_than_the_radius_shows_seams() -> None:
    network = awake(SRVGGNetCompact(2, 8, 2))
    low = torch.rand(1, 1, 3, 19, 23, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert not torch.allclose(Tiled(network, 8, overlap=3)(low), network(low), atol=1e-5)


def test_tiles_of_a_causal_generator_carry_a_state_each() -> None:
    """Its memory spreads by a pixel a frame, so three pixels make four frames exact and two do not."""
    low = torch.rand(1, 4, 3, 14, 11, generator=torch.Generator().manual_seed(0))

    def halves(overlap: int) -> Tensor:
        tiled = Tiled(Spreading(), 5, overlap)
        first, state = tiled.stream(low[:, :2])
        return torch.cat([first, tiled.stream(low[:, 2:], state)[0]], dim=1)

    assert torch.allclose(halves(3), Spreading()(low), atol=1e-6)
    assert not torch.allclose(halves(2), Spreading()(low), atol=1e-6)


def test_a_tile_of_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="tile of 0 pixels"):
        Tiled(MeanOfNeighbours(), 0)
