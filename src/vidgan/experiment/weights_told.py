"""What ``vidgan-weights`` prints of weights that have a name."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console

from vidgan.console import say
from vidgan.errors import UserError
from vidgan.experiment import zoo
from vidgan.experiment.terminal import show_lines

_HEADS = ("name", "task", "licence", "size", "place")


def show(part: str, cache: Path) -> None:
    """Prints the weights of which name, task or title contains ``part``, a line each, or two on a narrow terminal."""
    rows = [
        _row(name, entry, cache)
        for name, entry in zoo.ENTRIES.items()
        if any(part in word for word in (name, entry.task, entry.title))
    ]
    if not rows:
        raise UserError(f"'{part}' is part of no name, task or title; vidgan-weights list shows all.")
    show_lines(Console(highlight=False, markup=False), _HEADS, rows)


def tell(name: str, cache: Path) -> None:
    """Prints all that is known of weights, and the command that uses them.

    Raises:
        UserError: there are none of that name.
    """
    entry = _entry(name)
    for key, value in _facts(name, entry, cache):
        say(f"{key:<11} {value}")


def fetch(names: Sequence[str], cache: Path) -> None:
    """Has weights in the cache, and says where; what is there already is held to its checksum.

    Raises:
        UserError: there are none of a name, or as of :func:`vidgan.experiment.zoo.located`.
    """
    for name in names:
        _entry(name)
    for name in names:
        say(f"{name}: {zoo.located(name, cache)}")


def _entry(name: str) -> zoo.Weights:
    if name not in zoo.ENTRIES:
        near = get_close_matches(name, zoo.ENTRIES, 1)
        meant = f"did you mean {near[0]}?" if near else "vidgan-weights list shows all."
        raise UserError(f"there are no weights of the name '{name}'; {meant}")
    return zoo.ENTRIES[name]


def _row(name: str, entry: zoo.Weights, cache: Path) -> tuple[str, ...]:
    path = entry.place(name, cache)
    size = _readable(path.stat().st_size) if path.is_file() else ""
    shipped = isinstance(entry, zoo.ShippedWeights)
    return name, entry.task, entry.licence, size, "shipped" if shipped else "fetched" if size else "not fetched"


def _facts(name: str, entry: zoo.Weights, cache: Path) -> Iterator[tuple[str, str]]:
    path = entry.place(name, cache)
    there = f"{path} ({_readable(path.stat().st_size)})" if path.is_file() else f"not fetched yet, then {path}"
    yield from (("title", entry.title), ("task", entry.task), ("licence", entry.licence), ("from", entry.source))
    yield from (("sha256", entry.sha256), ("file", there))
    if isinstance(entry, zoo.ShippedWeights):
        yield "trained by", f"vidgan-train experiments={entry.experiment}"
        yield "which took", f"{entry.iterations:,} iterations, {entry.seconds:,.0f} s on {entry.machine}"
        yield "commit", entry.commit
        yield "scored by", f"protocol={entry.protocol}, at the end of the training:"
        for metric, value in entry.scores.items():
            yield "", f"{metric} {value:.4g}"
    yield "to use it", f"vidgan-predict weights={name} --help"


def _readable(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
