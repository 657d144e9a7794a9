"""Times of new frames, computed by hand, and which frames of the input they lie between."""

import gc
import weakref
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
import pytest

from vidgan.errors import UserError
from vidgan.inference.placing import Item
from vidgan.inference.retiming import Clock, FrameInterval, Pace, in_halves, intervals, timed
from vidgan.limits import Exact, exact
from vidgan.video.writer import NOWHERE, At

FILM = Fraction(24000, 1001)
VIDEO = Fraction(60000, 1001)


def grey(level: float) -> np.ndarray:
    """A picture of soft stripes, so much lighter; levels that differ by 4 and less repeat each other."""
    rows = 40 * np.sin(np.arange(32) / 3)[:, None, None] + 60
    return np.broadcast_to(rows + level, (32, 32, 3)).round().astype(np.uint8)


def items(levels: Sequence[float], times: Sequence[Fraction | float] | None = None) -> list[Item]:
    stamps = [At(Fraction(time)) for time in times] if times else [NOWHERE] * len(levels)
    return [(grey(level), at) for level, at in zip(levels, stamps, strict=True)]


def even(count: int, fps: Fraction, ticks: int | None = None) -> Iterator[FrameInterval]:
    """Motion all the way, between frames that have no pixels; times are rounded to so many ticks a second."""
    nothing = np.zeros((1, 1, 3), np.uint8)
    stamps = (n / fps if ticks is None else Fraction(round(n / fps * ticks), ticks) for n in range(count))
    frames = [(nothing, At(stamp)) for stamp in stamps]
    for first, second in pairwise(frames):
        yield FrameInterval(first, second[1].time, second)
    yield FrameInterval(frames[-1], frames[-1][1].time + 1 / fps)


def shown(parts: Iterator[FrameInterval], clock: Clock) -> list[tuple[Fraction, Fraction]]:
    """Of each frame of the output the time, and where in the input it is, in seconds."""
    return [
        (moment.time, part.begin + moment.place * (part.end - part.begin))
        for part in parts
        for moment in clock.within(part)
    ]


def places(parts: Iterator[FrameInterval], clock: Clock) -> list[list[Fraction]]:
    return [[moment.place for moment in clock.within(part)] for part in parts]


FIFTHS = [[Fraction(n, 5) for n in row] for row in ([0, 2, 4], [1, 3])]


@pytest.mark.parametrize(
    ("own", "pace"),
    [
        (Fraction(24), Pace.of(Fraction(24), fps=60)),
        (FILM, Pace.of(FILM, fps="60000/1001")),
        (FILM, Pace.of(FILM, factor="2.5")),
        (FILM, Pace.of(FILM, factor=2.5)),
    ],
)
def test_two_frames_become_five(own: Fraction, pace: Pace) -> None:
    assert pace == Pace(own * Fraction(5, 2))
    found = places(even(4, own), Clock(Fraction(0), pace, own))
    assert found == [*FIFTHS, FIFTHS[0], [Fraction(0)] * 2]
    assert pace.count(4, own) == 10
    times = shown(even(3, own), Clock(Fraction(0), pace, own))
    assert [time for time, _ in times] == [n / (own * Fraction(5, 2)) for n in range(8)]


def test_slow_takes_so_many_times_as_long_at_the_same_rate() -> None:
    pace = Pace.of(FILM, slow="4")
    assert pace == Pace(FILM, Fraction(4))
    assert pace.count(3, FILM) == 12
    begin = Fraction(1, 2)
    late = (
        FrameInterval((x, At(a.time + begin)), part.end + begin, part.second)
        for part in even(3, FILM)
        for x, a in [part.first]
    )
    found = shown(late, Clock(begin, pace, FILM))
    quarters = [begin + n / FILM / 4 for n in range(8)] + [begin + 2 / FILM] * 4  # the last one stays
    assert found == [(4 * begin + n / FILM, place) for n, place in enumerate(quarters)]


def test_fewer_frames() -> None:
    pace = Pace.of(Fraction(60), factor="0.4")
    assert pace.rate == 24
    halves = [[Fraction(0)], [], [Fraction(1, 2)], [], [], [Fraction(0)]]
    found = places(even(6, Fraction(60)), Clock(Fraction(0), pace, Fraction(60)))
    assert found == halves


def test_a_varying_rate_is_followed_by_its_time_stamps() -> None:
    frames = items([0, 20, 40, 60], [0, Fraction(1, 10), Fraction(1, 2), Fraction(3, 5)])
    clock = Clock(Fraction(0), Pace.of(Fraction(5), fps=10), Fraction(5))
    found = places(intervals(timed(frames, Fraction(5)), Fraction(5)), clock)
    assert found == [[0], [0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)], [0], [0, 0]]


@pytest.mark.parametrize("ticks", [None, 1000, 90000, 15360])
def test_an_hour_of_film_stays_in_step(ticks: int | None) -> None:
    """Of every 24th picture of 23.976 a second each shows what the input shows at its time, to half a tick."""
    own, count, tick = FILM / 24, round(3600 * FILM / 24), Fraction(1, ticks) if ticks else None
    found = shown(even(count, own, ticks), Clock(Fraction(0), Pace.of(own, factor="2.5"), own, tick))
    assert [time for time, _ in found] == [n / (VIDEO / 24) for n in range(len(found))]
    assert len(found) == 8990
    assert max(abs(time - place) for time, place in found[:-2]) <= (tick / 2 if tick else 0)


@pytest.mark.parametrize("ticks", [None, 1000, 90000, 15360])
def test_frames_of_the_input_stay_whole_where_time_stamps_are_rounded(ticks: int | None) -> None:
    tick = Fraction(1, ticks) if ticks else None
    found = places(even(500, FILM, ticks), Clock(Fraction(0), Pace.of(FILM, factor=2), FILM, tick))
    assert all(len(row) == 2 and row[0] == 0 and abs(row[1] - Fraction(1, 2)) < Fraction(1, 40) for row in found[:-1])


def test_ticks_as_long_as_frames_are_exact() -> None:
    found = places(
        even(3, Fraction(24), 24), Clock(Fraction(0), Pace.of(Fraction(24), fps=60), Fraction(24), Fraction(1, 24))
    )
    assert found[:2] == FIFTHS


@pytest.mark.parametrize(
    ("begin", "pace", "expected"),
    [
        (Fraction(0), Pace(Fraction(60)), Fraction(1, 60)),
        (Fraction(1, 24), Pace(Fraction(60)), Fraction(1, 120)),
        (Fraction(1, 1000), Pace(VIDEO), Fraction(1, 60000)),
        (Fraction(1, 8), Pace(Fraction(24), Fraction(4)), Fraction(1, 24)),
    ],
)
def test_a_common_time_base(begin: Fraction, pace: Pace, expected: Fraction) -> None:
    assert pace.time_base(begin) == expected


def test_a_time_base_that_no_file_has_keeps_the_rate_exact() -> None:
    pace = Pace.of(Fraction(25), fps="59.94006")
    base = pace.time_base(Fraction(1, 90000))
    assert base.denominator < 2**31
    assert (1 / pace.rate / base).denominator == 1
    with pytest.raises(UserError, match=r"factor=2\.718281: .* no file counts exactly; give a number of fewer digits"):
        Pace.of(Fraction(30303, 1009), factor="2.718281")


def test_halves_are_near_enough() -> None:
    assert in_halves(Fraction(2, 5), Fraction(5, 2)) == Fraction(13, 32)
    assert in_halves(Fraction(1, 2), Fraction(2)) == Fraction(1, 2)
    assert in_halves(Fraction(1, 1000), Fraction(2)) == 0
    assert in_halves(Fraction(999, 1000), Fraction(2)) == 1
    for frames in (Fraction(2), Fraction(5, 2), Fraction(7), Fraction(100, 3)):
        for number in range(int(frames) + 1):
            place = number / frames
            assert abs(in_halves(place, frames) - place) <= 1 / (16 * frames)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", 60),
        ("23.976", Fraction(2997, 125)),
        ("60000/1001", VIDEO),
        (2.5, Fraction(5, 2)),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
)
def test_numbers_are_exact(value: object, expected: Fraction) -> None:
    assert exact(value) == expected
    assert Exact(1000).admits(value)


@pytest.mark.parametrize(
    "value", ["0", "1001", "-1", "1e3", "inf", "nan", "", "60/0", "1/2/3", "2.5/3", " 60", "1.2345678", True, "٣"]
)
def test_other_numbers_are_refused(value: object) -> None:
    assert not Exact(1000).admits(value)


def told(parts: Iterator[FrameInterval]) -> list[tuple[int, int, bool]]:
    """Of frames one second apart: begin and end of each interval, and whether there is motion in it."""
    return [(int(part.begin), int(part.end), part.second is not None) for part in parts]


def of(levels: Sequence[float], **options: object) -> list[tuple[int, int, bool]]:
    return told(intervals(timed(items(levels), Fraction(1)), Fraction(1), **options))


def test_motion_goes_from_each_frame_to_the_next_that_differs() -> None:
    assert of([0, 20, 40]) == [(0, 1, True), (1, 2, True), (2, 3, False)]
    twos = [0, 0, 20, 20, 40, 40]
    assert of(twos) == [(0, 2, True), (2, 4, True), (4, 5, False), (5, 6, False)]
    kept = of(twos, repeats=0)
    assert kept == [(0, 1, False), (1, 2, True), (2, 3, False), (3, 4, True), (4, 5, False), (5, 6, False)]
    pull_down = [0, 20, 40, 60, 60, 80, 100]
    assert of(pull_down)[2:5] == [(2, 3, True), (3, 5, True), (5, 6, True)]


def test_a_still_stays_one() -> None:
    fours = [0, 0, 0, 0, 20]
    assert of(fours) == [(0, 4, True), (4, 5, False)]
    fives = [0, 0, 0, 0, 0, 20]
    assert of(fives) == [(n, n + 1, False) for n in range(4)] + [(4, 5, True), (5, 6, False)]
    assert of([0] * 100) == [(n, n + 1, False) for n in range(100)]


def test_motion_starts_anew_after_a_still() -> None:
    frames = [0] * 5 + [20, 20, 40]
    assert of(frames)[4:] == [(4, 5, True), (5, 7, True), (7, 8, False)]
    long = [0] * 7 + [20]
    assert of(long) == [(n, n + 1, n == 6) for n in range(8)]


def test_slow_motion_does_not_pass_for_a_still() -> None:
    """A repeat is one of the first of its run: small steps add up."""
    assert of([0, 3, 6, 9, 12]) == [(0, 2, True), (2, 4, True), (4, 5, False)]


def test_a_cut_and_a_pause_stay_where_they_are() -> None:
    frames = timed(items([0, 0, 20, 40]), Fraction(1))
    other = [(pixels[::-1].transpose(1, 0, 2), At(at.time)) for pixels, at in islice(frames, 2, None)]
    cut = [*timed(items([0, 0]), Fraction(1)), *other]
    assert told(intervals(iter(cut), Fraction(1))) == [(0, 1, False), (1, 2, False), (2, 3, True), (3, 4, False)]
    assert told(intervals(iter(cut), Fraction(1), cuts=False)) == [(0, 2, True), (2, 3, True), (3, 4, False)]
    paused = items([0, 20, 40], [0, 1, 6])
    assert told(intervals(iter(paused), Fraction(1))) == [(0, 1, True), (1, 6, False), (6, 7, False)]


def test_the_last_frame_is_shown_until_its_end() -> None:
    frames = [(grey(0), At(Fraction(0), Fraction(1))), (grey(20), At(Fraction(1), Fraction(5, 2)))]
    assert [part.end for part in intervals(iter(frames), Fraction(1))] == [1, Fraction(7, 2)]


@pytest.mark.parametrize("levels", [[0, 20], [0, 0], [0, 0, 20], [0]])
def test_memory_does_not_grow(levels: list[int]) -> None:
    alive: set[int] = set()
    most = 0

    def frames() -> Iterator[Item]:
        for number in range(400):
            frame = grey(levels[number % len(levels)])
            alive.add(number)
            weakref.finalize(frame, alive.discard, number)
            yield frame, NOWHERE
            del frame

    for _ in intervals(timed(frames(), Fraction(1)), Fraction(1)):
        gc.collect(0)
        most = max(most, len(alive))
    assert most <= 6
