"""What two ranks send each other, and what that costs."""

from dataclasses import dataclass

from rich.progress import Progress

from benchmarks.engine import engine
from benchmarks.gan_setup import Game
from benchmarks.interleaved import Contender, duel
from benchmarks.measurement import Figure, middle
from benchmarks.reference.whole_module import whole_module

PUBLISHED = Game(clips=4)


@dataclass(frozen=True)
class Size:
    game: Game = PUBLISHED
    rounds: int = 12
    batches: int = 2


TINY = Size(Game(2, 32, 8, 1, 8), rounds=1, batches=1)


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    series = duel(
        {
            "one": Contender(engine, (size.game, "32-true")),
            "players": Contender(engine, (size.game, "32-true", 2), ranks=2),
            "whole": Contender(whole_module, (size.game, 2), ranks=2),
        },
        size.rounds,
        size.batches,
        progress,
        "two ranks",
    )
    players, whole = series["players"].facts["bytes"], series["whole"].facts["bytes"]
    one, two, yardstick = (series[name].seconds for name in ("one", "players", "whole"))
    against_one, spread_one = middle([a / b for a, b in zip(two, one, strict=True)])
    against_whole, spread_whole = middle([a / b for a, b in zip(two, yardstick, strict=True)])
    batch = f"same global batch of {size.game.clips}, one thread a rank"
    return [
        Figure(
            "reduced gradients, two ranks",
            players / whole,
            "x",
            0.55,
            note=f"{players:,.0f} bytes an iteration / {whole:,.0f} of DDP around the whole module",
        ),
        Figure("reduced bytes an iteration", players, "B", note="one reducer a player"),
        Figure("step, two ranks / one", against_one, "x", spread=spread_one, note=batch),
        Figure(
            "step, two ranks, players / whole module",
            against_whole,
            "x",
            spread=spread_whole,
            note=f"{batch}; the whole-module loop is written by hand",
        ),
    ]
