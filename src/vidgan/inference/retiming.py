"""Frames at other times: which two of an input a new one lies between, and where; exact, and without a network.

Times are fractions of seconds throughout: no rounding adds up, however long a video is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

from vidgan.errors import UserError
from vidgan.inference.placing import Item
from vidgan.inference.similarity import Small, is_cut, is_repeat, small_picture
from vidgan.limits import exact
from vidgan.video.color import Pixels

#: Times that a frame is repeated in drawings that move; what is repeated more often stands still.
MOST_REPEATS = 3
_COUNTABLE = 2**31 - 1  # files and encoders count time in fractions of such numbers
_TOLD = "%s: that makes %s frames a second, which no file counts exactly; give a number of fewer digits."


@dataclass(frozen=True)
class Pace:
    """How fast frames follow each other in what is made.

    Attributes:
        rate: frames a second.
        slow: how many times as long it takes.
    """

    rate: Fraction
    slow: Fraction = Fraction(1)

    @classmethod
    def of(cls, own: Fraction, fps: object = None, factor: object = None, slow: object = None) -> "Pace":
        """The pace for an input of ``own`` frames a second, by the one of three that is not None.

        Args:
            own: frames a second of the input.
            fps: frames a second.
            factor: frames for each one of the input.
            slow: how many times as long it takes, at the rate of the input.

        Raises:
            UserError: no file can count so.
        """
        if slow is not None:
            return cls(own, exact(slow))
        rate = exact(fps) if factor is None else own * exact(factor)
        if max(rate.numerator, rate.denominator) > _COUNTABLE:
            raise UserError(_TOLD % (f"factor={factor}", rate))
        return cls(rate)

    @property
    def step(self) -> Fraction:
        """Seconds of the input from one frame of the output to the next."""
        return 1 / (self.rate * self.slow)

    def count(self, frames: int, fps: Fraction) -> int:
        """Frames that are made of so many of a constant rate."""
        return ceil(frames / fps / self.step)

    def time_base(self, begin: Fraction) -> Fraction:
        """What all times are multiples of where the first frame of the input is at ``begin``.

        It divides the time between two frames of the output in any case, as exactly as a file can count; the begin,
        where both will not do, is rounded.
        """
        finest = _COUNTABLE // self.rate.numerator
        return 1 / (self.rate * min((begin * self.slow * self.rate).denominator, finest))


@dataclass(frozen=True)
class FrameInterval:
    """From one frame of the input to the next that counts.

    Attributes:
        first: the frame at its begin.
        end: seconds.
        second: the frame at its end, where there is motion from one to the other; None where the first one stays.
    """

    first: Item
    end: Fraction
    second: Item | None = None

    @property
    def begin(self) -> Fraction:
        return time_of(self.first)


@dataclass(frozen=True)
class Moment:
    """A frame of the output.

    Attributes:
        place: where in its interval, from 0, which is the first frame itself, to 1, the second itself.
        time: seconds in the output.
    """

    place: Fraction
    time: Fraction


class Clock:
    """The times of the output, one after the other.

    A time of the input is known to half a tick of its file: a frame that is not farther from a time of the output is
    shown then, as it is. Where ticks are longer than a quarter of a frame, times are taken to be exact.

    Args:
        begin: of the first frame of the input, in seconds.
        pace: of the output.
        fps: frames a second of the input.
        tick: of which times of the input are multiples, in seconds; None where they are exact.
        halves: whether places are multiples of a power of a half, see :func:`in_halves`.
    """

    def __init__(
        self, begin: Fraction, pace: Pace, fps: Fraction, tick: Fraction | None = None, halves: bool = False
    ) -> None:
        self._begin, self._pace, self._halves = begin, pace, halves
        self._blur = tick / 2 if tick is not None and 4 * tick <= 1 / fps else Fraction(0)
        self._number = 0

    def within(self, interval: FrameInterval) -> Iterator[Moment]:
        """The moments of an interval; intervals are given in their order, without gaps."""
        length = interval.end - interval.begin
        while (now := self._begin + self._number * self._pace.step) < interval.end - self._blur:
            passed = now - interval.begin
            place = Fraction(0) if interval.second is None or passed <= self._blur else passed / length
            if self._halves:
                place = in_halves(place, length / self._pace.step)
            yield Moment(place, self._begin * self._pace.slow + self._number / self._pace.rate)
            self._number += 1


def in_halves(place: Fraction, frames: Fraction) -> Fraction:
    """The nearest of the multiples of 1/2^n, n so large that it is off by a sixteenth of a frame of the output at most.

    Args:
        place: in [0, 1).
        frames: of the output, that the whole interval takes.
    """
    parts = 1
    while parts < 8 * frames:
        parts *= 2
    return Fraction(round(place * parts), parts)


def time_of(item: Item) -> Fraction:
    """Seconds, of a frame that :func:`timed` gave."""
    assert item[1].time is not None, "it is timed"
    return item[1].time


def timed(items: Iterable[Item], fps: Fraction) -> Iterator[Item]:
    """The items, those without a time at that of a constant rate."""
    for number, (pixels, at) in enumerate(items):
        yield pixels, at if at.time is not None else replace(at, time=number / fps)


def intervals(
    items: Iterable[Item], fps: Fraction, cuts: bool = True, repeats: int = MOST_REPEATS
) -> Iterator[FrameInterval]:
    """What to make frames between: one frame after the other, all that repeat it passed over.

    Motion goes from a frame to the next that differs from it. A frame stays as it is, at its own times and until the
    next,

    - before a cut, so that this stays at its time;
    - where it is repeated more than ``repeats`` times: that is a still. Motion goes from its last frame to the next;
    - in a pause of a varying rate, longer than four frames are on average;
    - at the end.

    Memory does not grow: ``repeats`` frames and two more are held.

    Args:
        items: frames of one size, (H, W, 3), with their times going up, as of :func:`timed`.
        fps: frames a second, on average.
        cuts: whether cuts are looked for.
        repeats: so many in a row, at most, are passed over.
    """
    looking = ((item, small_picture(item[0])) for item in items)
    item, model = next(looking)
    held, before, is_still = [item], model, False
    for item, small in looking:
        if is_repeat(model, small):
            held.append(item)
            if is_still or len(held) > 1 + repeats:
                yield from _staying(held)
                held, is_still = [item], True
        else:
            if _parted(held[-1], before, item, small, fps, cuts):
                yield from _staying([*held, item])
            else:
                yield FrameInterval(held[0], time_of(item), item)
            held, model, is_still = [item], small, False
        before = small
    yield from _staying(held)
    yield FrameInterval(held[-1], time_of(held[-1]) + (held[-1][1].duration or 1 / fps))


def _staying(items: Sequence[Item]) -> Iterator[FrameInterval]:
    """Each but the last stays until the next."""
    for item, after in pairwise(items):
        yield FrameInterval(item, time_of(after))


def _parted(last: Item, before: Small, item: Item, small: Small, fps: Fraction, cuts: bool) -> bool:
    """Whether no motion goes from one frame to the next."""
    is_pause = time_of(item) - time_of(last) > (1 + MOST_REPEATS) / fps
    return is_pause or (cuts and is_cut(before, small))


def nearest(interval: FrameInterval, place: Fraction) -> Item:
    """The frame of the input that a place is nearest to."""
    return interval.second if interval.second is not None and 2 * place >= 1 else interval.first


def itself(interval: FrameInterval, place: Fraction) -> Pixels | None:
    """The pixels of the input that are shown at a place; None where a frame is to be made."""
    return nearest(interval, place)[0] if place in (0, 1) else None
