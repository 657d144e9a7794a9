"""Frames between those of a video: of a higher rate, or slower.

Memory does not grow with the video: two frames that differ, and those that repeat the first, are held at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice
from os import fspath
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vidgan.engine.optimization import channels_last
from vidgan.errors import UserError
from vidgan.generators.interpolation import Interpolator
from vidgan.inference.inputs import Input
from vidgan.inference.placing import Item
from vidgan.inference.processing import process
from vidgan.inference.retiming import (
    MOST_REPEATS,
    Clock,
    FrameInterval,
    Pace,
    intervals,
    itself,
    nearest,
    time_of,
    timed,
)
from vidgan.inference.streaming import to_float, to_pixels
from vidgan.inference.tiling import assembled
from vidgan.inference.trained import Trained
from vidgan.tasks.frame_interpolation.options import Options
from vidgan.video.color import Pixels
from vidgan.video.writer import At

OVERLAP = 64  # pixels around a tile: motion from farther away is not seen
_LARGE = 2_500_000  # pixels of a frame, above which motion is looked for in smaller ones
_AT_ONCE = 1 << 20  # pixels that are made at once, and one frame at least

#: Makes the frames of two at ascending places between 0 and 1.
Making = Callable[[Pixels, Pixels, list[Fraction]], Iterator[Pixels]]


def interpolate(input: str | Path, output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Makes frames between those of a video or a folder of pictures; returns the path of what was written.

    Args:
        input: what is there.
        output: what is written: a video by its suffix, a folder of pictures without one.
        trained: an :class:`~vidgan.generators.interpolation.Interpolator`.
        options: further ones of :class:`~vidgan.tasks.frame_interpolation.options.Options`, by name; one of ``fps``,
            ``factor`` and ``slow`` is among them, a number or text such as ``"60000/1001"``.

    Raises:
        UserError: the input, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(input=fspath(input), output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`interpolate`, of a command line."""
    network = _interpolator(trained.network)
    channels_last(network)

    def work(given: Input) -> Input:
        return _retimed(given, network.any_time, _Maker(network, trained, options), options)

    return process(Path(options.input), Path(options.output), work, options, trained.progress)


def _interpolator(network: nn.Module) -> Interpolator:
    """
    Raises:
        UserError: it is another kind of network.
    """
    if not isinstance(network, Interpolator):
        name = type(network).__name__
        raise UserError(f"{name} makes no frames between two; give weights or a run of a network that does, like RIFE.")
    return network


def _retimed(given: Input, any_time: bool, making: Making, options: Options) -> Input:
    """The input with frames between its own.

    Raises:
        UserError: it is a single frame, or its rate times the factor is no rate that a file can have.
    """
    items = timed(given.items, given.fps)
    two = list(islice(items, 2))
    if len(two) < 2:
        raise UserError("input: it is a single frame, and others are made between two; give a video, or more pictures.")
    pace = Pace.of(given.fps, options.fps, options.factor, options.slow)
    begin, tick = time_of(two[0]), given.video.time_base if given.video else None
    repeats = MOST_REPEATS if options.duplicates == "retime" else 0
    parts = intervals(chain(two, items), given.fps, options.cuts, repeats)
    clock = Clock(begin, pace, given.fps, tick, halves=not any_time)
    return replace(
        given,
        items=(item for interval in parts for item in _shown(interval, clock, making, 1 / pace.rate)),
        count=pace.count(given.count, given.fps),
        fps=pace.rate,
        time_base=pace.time_base(begin),
        in_step=pace.slow == 1,
    )


def _shown(interval: FrameInterval, clock: Clock, making: Making, duration: Fraction) -> Iterator[Item]:
    """The frames of an interval, in the order of their times."""
    moments = clock.within(interval)
    made: Iterator[Pixels] = iter(())
    if interval.second is not None:
        moments = iter(few := list(moments))
        places = [moment.place for moment in few if 0 < moment.place < 1]
        made = making(interval.first[0], interval.second[0], places)
    for moment in moments:
        pixels = itself(interval, moment.place)
        alpha = nearest(interval, moment.place)[1].alpha
        yield next(made) if pixels is None else pixels, At(moment.time, duration, alpha=alpha)


@dataclass(frozen=True)
class _Maker:
    """Makes the frames of two at ascending places between 0 and 1."""

    network: Interpolator
    trained: Trained
    options: Options

    def __call__(self, first: Pixels, second: Pixels, places: list[Fraction]) -> Iterator[Pixels]:
        pair = to_float([first, second], self.trained.device)[0]
        frames = self._together if self.network.any_time else self._by_halves
        for made in frames(pair[:1], pair[1:], places):
            yield from to_pixels(made[None], first.dtype)

    def _together(self, first: Tensor, second: Tensor, places: list[Fraction]) -> Iterator[Tensor]:
        """(B, 3, H, W), as many at once as make ``_AT_ONCE`` pixels."""
        height, width = first.shape[-2:]
        most = max(1, _AT_ONCE // (height * width))
        for start in range(0, len(places), most):
            yield self._between(first, second, places[start : start + most])

    def _by_halves(self, first: Tensor, second: Tensor, places: list[Fraction]) -> Iterator[Tensor]:
        """(1, 3, H, W), one by one: the middle, then those before and after it in the same way."""
        if not places:
            return
        half = Fraction(1, 2)
        middle = self._between(first, second, [half])
        yield from self._by_halves(first, middle, [2 * place for place in places if place < half])
        yield from (middle for place in places if place == half)
        yield from self._by_halves(middle, second, [2 * place - 1 for place in places if place > half])

    def _between(self, first: Tensor, second: Tensor, places: list[Fraction]) -> Tensor:
        """The frames at these places, (B, 3, H, W), all at once."""
        height, width = first.shape[-2:]
        scale = self.options.scale or (0.5 if height * width > _LARGE else 1)
        time = torch.tensor([float(place) for place in places], device=first.device)

        def made(pair: Tensor, index: int) -> Tensor:
            return self.network(*pair.split(3, 1), time, scale).frame

        pair = torch.cat([first, second], 1).expand(len(places), -1, -1, -1)
        with torch.inference_mode(), self.trained.mixed():
            if self.options.tile is None:
                return made(pair, 0)
            return assembled(pair, made, self.options.tile, OVERLAP)
