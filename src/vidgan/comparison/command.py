"""From a command line to the files of a comparison."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from vidgan.comparison import tables
from vidgan.comparison.analysis import Comparison, compare
from vidgan.comparison.page import page
from vidgan.comparison.selection import select
from vidgan.comparison.tables import markdown_text as escaped
from vidgan.console import say
from vidgan.errors import UserError, printable
from vidgan.experiment.terminal import show_table
from vidgan.record.folder import write_atomically

_KEYS = 12  # lines of what differs on the console


@dataclass(frozen=True)
class Settings:
    """The keys of the command line."""

    reference: str | None = None
    out: Path | None = None
    budget_mb: float = 24.0
    wandb: bool = False


def run(arguments: Sequence[str], runs: Path) -> Comparison:
    """Compares what the arguments name; prints the table and writes all files.

    Raises:
        UserError: an argument or key is not known, or the runs cannot be compared.
    """
    names, settings = _parsed(arguments)
    records = select(names, runs)
    title = re.sub(r"[^\w.-]+", "-", " ".join(Path(name).resolve().name or name for name in names)).strip("-.")[:60]
    comparison = compare(records, title, settings.reference)
    out = settings.out or Path("comparisons") / title
    written = _write(comparison, out, settings.budget_mb)
    _show(comparison, written)
    if settings.wandb:
        from vidgan.comparison.wandb_report import publish

        for kind, url in publish(comparison).items():
            say(f"{kind}: {url}")
    return comparison


def _parsed(arguments: Sequence[str]) -> tuple[list[str], Settings]:
    names, values = [], {}
    known = [field.name for field in fields(Settings)]
    for argument in arguments:
        key, sign, value = argument.partition("=")
        if not sign or Path(argument).exists() or not key.isidentifier():
            names.append(argument)
        elif key not in known:
            raise UserError(f"{argument}: there is no such key; there are {', '.join(known)}.")
        else:
            values[key] = _typed(key, value)
    if not names:
        raise UserError("No runs are named; give a group, ids or folders, see vidgan-compare --help.")
    return names, Settings(**values)


def _typed(key: str, value: str) -> Any:
    if not value:
        raise UserError(f"{key} is empty; give a value, or leave {key}= out (is a variable of the shell unset?).")
    if key == "wandb":
        if value not in ("true", "false"):
            raise UserError(f"wandb={value}: give true or false.")
        return value == "true"
    if key == "budget_mb":
        try:
            budget = float(value)
        except ValueError:
            budget = math.nan
        if not 0 <= budget < math.inf:
            raise UserError(f"budget_mb={value}: expected a number of megabytes, 0 or more.")
        return budget
    return Path(value) if key == "out" else value


def _write(comparison: Comparison, out: Path, budget_mb: float) -> list[Path]:
    grids = [tables.summary_grid(comparison), tables.axes_grid(comparison), tables.cost_grid(comparison)]
    if comparison.differences:
        grids.append(tables.differences_grid(comparison))
    grids += map(tables.rates_grid, comparison.rates)
    texts = {
        "comparison.html": page(comparison, budget_mb),
        "comparison.md": _markdown(comparison),
        "comparison.tex": "\n".join(["% needs \\usepackage{booktabs}", *map(tables.latex, grids)]),
        "summary.csv": tables.summary_csv(comparison),
        "differences.csv": tables.differences_csv(comparison),
    }
    if comparison.rates:
        texts["rates.csv"] = tables.rates_csv(comparison.rates)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"out={out} cannot be made ({error.strerror}); choose another folder.") from error
    for name, text in texts.items():
        write_atomically(out / name, text)
    return [out / name for name in texts]


def _markdown(comparison: Comparison) -> str:
    parts = [
        f"# {escaped(comparison.title)}\n",
        f"Protocol {escaped(comparison.protocol)}, {_clips(comparison)}; {tables.statistic(comparison)}.\n",
        tables.markdown(tables.summary_grid(comparison)),
        "## What differs\n",
        tables.markdown(tables.axes_grid(comparison)) if comparison.axes else "Nothing but the seed.\n",
        "## Cost\n",
        tables.markdown(tables.cost_grid(comparison)),
    ]
    if comparison.differences:
        grid = tables.differences_grid(comparison)
        parts += [f"## Differences to {escaped(comparison.reference)}\n", tables.markdown(grid), f"{tables.SCHEME}\n"]
    for rates in comparison.rates:
        parts += [
            f"## {escaped(rates.name)} against {escaped(rates.anchor)}\n",
            tables.markdown(tables.rates_grid(rates)),
        ]
    if comparison.left_out:
        lines = (f"- {escaped(name)}: {escaped(why)}\n" for name, why in comparison.left_out.items())
        parts += ["## Left out\n", "".join(lines)]
    return "\n".join([*parts, *(f"{escaped(note)}\n" for note in comparison.notes)])


def _clips(comparison: Comparison) -> str:
    return tables.counted(len(comparison.clips), "test clip") if comparison.clips else "unknown test clips"


def _show(comparison: Comparison, written: Sequence[Path]) -> None:
    console = Console()
    grid = tables.summary_grid(comparison)
    rows = [[Text(head) for head in grid.header]]
    for index, row in enumerate(grid.rows):
        rows.append([Text(cell, "bold" if (index, column) in grid.best else "") for column, cell in enumerate(row)])
    title = f"{comparison.title}: {tables.statistic(comparison)}, protocol {comparison.protocol}"
    show_table(console, rows, title, grid.left)
    keys = [
        f"{key}: {values}" + (f" (only together with {other})" if other != tables.NOTHING else "")
        for key, values, other in tables.axes_grid(comparison).rows
    ]
    for line in keys[:_KEYS]:
        console.print(f"differs: {line}", highlight=False, markup=False)
    if len(keys) > _KEYS:
        console.print(f"differs: {len(keys) - _KEYS} more keys, which comparison.md names")
    for name, why in comparison.left_out.items():
        console.print(f"left out: {name}: {printable(why)}", highlight=False, markup=False)
    for note in comparison.notes:
        console.print(printable(note), highlight=False, markup=False)
    for path in written:
        say(f"{path.suffix[1:]}: {path}")
