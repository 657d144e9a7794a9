"""What the engine, the Trainer, the progress bar and the CSV log add to a step, whatever its size."""

from dataclasses import dataclass

from rich.progress import Progress

from benchmarks.engine import engine
from benchmarks.gan_setup import Game
from benchmarks.interleaved import Contender, duel
from benchmarks.measurement import Figure, middle
from benchmarks.reference.hand_loop import Levers, hand

MICRO = Game(clips=1, patch=32, channels=8, convs=1, judge_channels=8)


@dataclass(frozen=True)
class Size:
    rounds: int = 40
    batches: int = 50  # a row of the CSV log


TINY = Size(rounds=1, batches=1)


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    levers = Levers(channels_last=True, fused=True, keep_memory=True)
    series = duel(
        {"hand": Contender(hand, (MICRO, levers)), "engine": Contender(engine, (MICRO, "32-true"))},
        size.rounds,
        size.batches,
        progress,
        "fixed cost of a step",
    )
    pairs = zip(series["engine"].cpu_seconds, series["hand"].cpu_seconds, strict=True)
    value, spread = middle([1e3 * (ours - theirs) for ours, theirs in pairs])
    milliseconds = 1e3 * middle(series["hand"].cpu_seconds)[0]
    note = f"bar, CSV log, checkpoint callback; the loop takes {milliseconds:.1f} ms"
    return [Figure("fixed cost of a step", value, "ms", 1.5, spread=spread, note=note)]
