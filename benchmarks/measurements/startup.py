"""How long each command takes to say what it does."""

from dataclasses import dataclass

from rich.progress import Progress

from benchmarks.commands import Cost, installed, run
from benchmarks.measurement import Figure


@dataclass(frozen=True)
class Size:
    repeats: int = 7


TINY = Size(repeats=1)


def measure(progress: Progress, size: Size = Size()) -> list[Figure]:
    costs: dict[str, list[Cost]] = {command: [] for command in installed()}
    for _ in progress.track(range(size.repeats), description="start-up"):
        for command in costs:
            costs[command].append(run(command, "--help"))
    return [_figure(command, costs[command]) for command in costs]


def _figure(command: str, costs: list[Cost]) -> Figure:
    """The best of all: others can only make it slower."""
    best = min(cost.seconds for cost in costs)
    user = min(cost.user_seconds for cost in costs)
    return Figure(f"{command} --help", best, "s", 0.5, note=f"best of {len(costs)}; {user:.2f} s of the processor")
