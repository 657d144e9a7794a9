"""What a preflight prints: which runs there would be, and what they would take."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from vidgan.experiment.preflight import Cost
from vidgan.launch.job import TrainingJob

_NAMED = 2  # jobs that a network is said to occur in, before the rest are only counted


def show_costs(jobs: Sequence[TrainingJob], costs: Sequence[Cost]) -> None:
    """Prints the runs, and each network that occurs in them."""
    console = Console()
    runs = Table(title="preflight: nothing was started")
    for column in ("job", "run", "state", "memory"):
        runs.add_column(column, overflow="fold", justify="right" if column == "memory" else "left")
    for job, cost in zip(jobs, costs, strict=True):
        state = "finished" if job.finished else "unfinished" if job.folder.summary else "new"
        runs.add_row(job.label, job.id, state, f"{short(cost.most)}B")
    console.print(runs)
    networks = Table()
    for column in ("network", "parameters", "multiply-adds", "in"):
        networks.add_column(column, overflow="fold", justify="right" if column.endswith("s") else "left")
    users: dict[tuple[str, int, int | None], list[str]] = {}
    for job, cost in zip(jobs, costs, strict=True):
        for name, parameters in cost.parameters.items():
            users.setdefault((name, parameters, cost.multiply_adds.get(name)), []).append(job.label)
    for (name, parameters, operations), labels in users.items():
        where = "all" if len(labels) == len(jobs) else _some(labels)
        networks.add_row(name, short(parameters), "" if operations is None else short(operations), where)
    console.print(networks)
    console.print(
        "Multiply-adds are those of one forward pass of one training clip. Memory is an estimate for each device, in "
        "float32: parameters, gradients, average, optimizer states and what the backward pass keeps, or what "
        "validation and test take, where that is more; workspaces and fragmentation come on top.",
        highlight=False,
    )


def _some(labels: Sequence[str]) -> str:
    more = f"; and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return "; ".join(labels[:_NAMED]) + more


def short(number: float) -> str:
    """Three digits and a unit's prefix, e.g. ``80.6 k``."""
    for prefix in ("", "k", "M", "G"):
        if number < 1000:
            return f"{number:.3g} {prefix}"
        number /= 1000
    return f"{number:.3g} T"
