"""``python -m benchmarks [names]``: measures, prints one table, writes ``benchmarks/results/<date>.json``."""

import argparse
import pkgutil
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks import measurements
from benchmarks.measurement import Figure

RESULTS = Path(__file__).parent / "results"


def names() -> list[str]:
    """Every file of ``benchmarks/measurements`` is a measurement of its name."""
    return sorted(module.name for module in pkgutil.iter_modules(measurements.__path__))


def measurement(name: str) -> Callable[[Progress], list[Figure]]:
    measure: Callable[[Progress], list[Figure]] = import_module(f"benchmarks.measurements.{name}").measure
    return measure


def table(figures: list[Figure]) -> Table:
    made = Table(title="vidgan, measured")
    made.add_column("what")
    for heading in ("measured", "middle half", "target"):
        made.add_column(heading, justify="right")
    made.add_column("met")
    made.add_column("of what", overflow="fold")
    for figure in figures:
        verdict = {True: "[green]yes", False: "[red]no", None: ""}[figure.met]
        bound = "at most" if figure.better == "lower" else "at least"
        made.add_row(
            figure.name,
            _number(figure.value, figure.unit),
            " to ".join(_number(value) for value in figure.spread) if figure.spread else "",
            "" if figure.target is None else f"{bound} {_number(figure.target, figure.unit)}",
            verdict,
            figure.note,
        )
    return made


def _number(value: float, unit: str = "") -> str:
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names())}; all when none is given")
    chosen = parser.parse_args().names or names()
    if unknown := set(chosen) - set(names()):
        sys.exit(f"error: {', '.join(sorted(unknown))}: no such measurement; there are {', '.join(names())}")
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    figures: dict[str, list[Figure]] = {}
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        for name in chosen:
            figures[name] = measurement(name)(progress)
    Console().print(table([figure for found in figures.values() for figure in found]))
    console.print(f"written to {_write(figures)}", soft_wrap=True)


def _write(figures: dict[str, list[Figure]]) -> Path:
    from benchmarks.machine import facts  # imports torch: not for --help
    from vidgan.record.folder import write_json

    now = time.strftime("%Y-%m-%dT%H%M%S")
    document: dict[str, Any] = {"date": now, "machine": facts()}
    document["figures"] = {name: [figure.as_dict() for figure in found] for name, found in figures.items()}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now}.json"
    write_json(path, document)
    return path


if __name__ == "__main__":
    main()
