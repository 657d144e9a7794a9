"""A training step of the engine against a loop written by hand."""

from dataclasses import dataclass

from rich.progress import Progress

from benchmarks.engine import engine
from benchmarks.gan_setup import Game
from benchmarks.interleaved import Contender, Series, duel
from benchmarks.measurement import Figure, middle
from benchmarks.reference.hand_loop import Levers, hand
from vidgan.engine.hardware import bf16_is_fast

PUBLISHED = Game()


@dataclass(frozen=True)
class Size:
    game: Game = PUBLISHED
    rounds: int = 30
    batches: int = 2


TINY = Size(Game(1, 32, 8, 1, 8), rounds=1, batches=1)


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    bf16 = bf16_is_fast("cpu")
    tuned = Levers(bf16=bf16, channels_last=True, fused=True, keep_memory=True)
    series = duel(
        {
            "plain": Contender(hand, (size.game, Levers())),
            "tuned": Contender(hand, (size.game, tuned)),
            "engine": Contender(engine, (size.game,)),
        },
        size.rounds,
        size.batches,
        progress,
        "training step",
    )
    levers = f"{'bf16, ' if bf16 else ''}channels-last, fused Adam, malloc thresholds"
    return [
        _ratio("step / tuned hand loop", series, "tuned", f"both with {levers}"),
        _ratio("step / plain hand loop", series, "plain", f"our defaults ({levers}) / float32, torch's defaults"),
    ]


def _ratio(name: str, series: dict[str, Series], against: str, note: str) -> Figure:
    """Of processor seconds, turn by turn: on shared cores the clock also times the others."""
    pairs = zip(series["engine"].cpu_seconds, series[against].cpu_seconds, strict=True)
    value, spread = middle([ours / theirs for ours, theirs in pairs])
    milliseconds = 1e3 * middle(series[against].cpu_seconds)[0]
    return Figure(name, value, "x", 1.0, spread=spread, note=f"{note}; the loop takes {milliseconds:.0f} ms")
