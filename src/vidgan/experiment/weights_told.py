"""What ``vidgan-weights`` prints of weights that have a name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import safetensors
from rich.console import Console

from vidgan.config.task_parts import known_tasks, needed, options_of
from vidgan.console import say
from vidgan.errors import UserError
from vidgan.experiment import zoo
from vidgan.experiment.terminal import show_lines
from vidgan.limits import Files

_HEADS = ("name", "task", "network", "licence", "size", "place")
_NAMES = {"input": "in", "output": "out"}  # of the files of an example; others are called as their options
_SUFFIXES = {"video": ".mp4", "picture": ".png", "points": ".npz"}


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

    Args:
        names: of weights, or of tasks, for all weights of them.
        cache: the folder below which fetched files stay.

    Raises:
        UserError: there are none of a name; or some cannot be had, after all others have been fetched.
    """
    failed = []
    for name in dict.fromkeys(each for given in names for each in _meant(given)):
        try:
            say(f"{name}: {zoo.located(name, cache)}")
        except UserError as error:
            failed.append(f"{name}: {error}")
    if failed:
        raise UserError("\n".join(failed))


def _meant(given: str) -> Sequence[str]:
    """The names of all weights of a task, or the one that is given."""
    if names := [name for name, entry in zoo.ENTRIES.items() if entry.task == given]:
        return names
    _entry(given)
    return [given]


def _entry(name: str) -> zoo.Weights:
    if name not in zoo.ENTRIES:
        near = get_close_matches(name, zoo.ENTRIES, 1)
        meant = f"did you mean {near[0]}?" if near else "vidgan-weights list shows all."
        raise UserError(f"there are no weights of the name '{name}'; {meant}")
    return zoo.ENTRIES[name]


def _row(name: str, entry: zoo.Weights, cache: Path) -> tuple[str, ...]:
    here = entry.place(name, cache).is_file()
    place = "shipped" if isinstance(entry, zoo.ShippedWeights) else "fetched" if here else "not fetched"
    return name, entry.task, _network(name, entry, cache), entry.licence, _size(name, entry, cache), place


def _facts(name: str, entry: zoo.Weights, cache: Path) -> Iterator[tuple[str, str]]:
    path = entry.place(name, cache)
    there = f"{path} ({_size(name, entry, cache)})"
    yield from (("title", entry.title), ("task", entry.task), ("licence", entry.licence), ("from", entry.source))
    yield from (("sha256", entry.sha256), ("file", there if path.is_file() else f"not fetched yet, then {there}"))
    yield "network", _network(name, entry, cache)
    for key, value in described(path).items():
        yield "", f"{key}: {value}"
    if isinstance(entry, zoo.ShippedWeights):
        yield "trained by", f"vidgan-train experiments={entry.experiment}"
        yield "which took", f"{entry.iterations:,} iterations, {entry.seconds:,.0f} s on {entry.machine}"
        yield "commit", entry.commit
    for score in entry.scored:
        yield "scored by", f"{score.by}, on {score.over}:" if "=" not in score.over else f"{score.by}, {score.over}:"
        for metric, value in score.scores.items():
            yield "", f"{metric} {value:.4g}"
    yield "to use it", using(name, entry)
    yield "to train on", f"vidgan-train experiments={entry.task}/<experiment> +warm_start.generator={name}"
    yield "its options", f"vidgan-predict weights={name} --help"


def using(name: str, entry: zoo.Weights) -> str:
    """The command that uses weights, with a name for each file that the task asks for, and options that it needs."""
    parts = [part for part in fields(options_of(dict(known_tasks())[entry.task])) if needed(part)]
    files = {part.name: part.metadata["file"] for part in parts if "file" in part.metadata}
    given = [f"{key}={_NAMES.get(key, key)}{_suffix(key, files)}" for key in files]
    return " ".join(filter(None, ("vidgan-predict", f"weights={name}", *given, entry.options)))


def _suffix(key: str, files: Mapping[str, Files]) -> str:
    asked = files[key]
    if asked.like is not None and asked.like in files:
        return _suffix(asked.like, files)
    return _SUFFIXES.get(asked.kinds[0], asked.kinds[0])


def described(path: Path) -> dict[str, Any]:
    """What a safetensors file says of its network: class and arguments; nothing for other files."""
    if path.suffix != ".safetensors" or not path.is_file():
        return {}
    with safetensors.safe_open(path, "numpy") as file:
        told: dict[str, Any] = json.loads((file.metadata() or {}).get("network", "{}"))
    return told


def _network(name: str, entry: zoo.Weights, cache: Path) -> str:
    if isinstance(entry, zoo.PublishedWeights):
        return entry.network
    return str(described(entry.place(name, cache)).get("_target_", "")).rpartition(".")[2]


def _size(name: str, entry: zoo.Weights, cache: Path) -> str:
    path = entry.place(name, cache)
    size = path.stat().st_size if path.is_file() else getattr(entry, "size", 0)
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB" if size else ""
