"""``vidgan-data``: looking through a data set, with a progress bar, and indexing it."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.table import Table

from vidgan.config import options
from vidgan.config.instantiate import build
from vidgan.config.lint import lint
from vidgan.console import say
from vidgan.data.check import Finding, SplitSummary, examine, found_scales, shown_sizes, summarized, usable
from vidgan.data.derived import files
from vidgan.data.folder import Folder
from vidgan.data.index import NAME, Index
from vidgan.data.layout import Layout
from vidgan.data.sources import FileSource, Source
from vidgan.data.splits import NAMES, Splits
from vidgan.engine.hardware import cores
from vidgan.engine.progress import counted
from vidgan.errors import UserError, told_of
from vidgan.record.file_fingerprint import remember_beside
from vidgan.record.folder import write_atomically
from vidgan.video.reader import BrokenFileError

Item = TypeVar("Item")
Result = TypeVar("Result")

_SHOWN = 20


def known() -> list[str]:
    """Names of the data sets in ``conf/data``, and of one's own."""
    return options.names("data")


def data_set(config: DictConfig) -> tuple[Layout, Path]:
    """The layout and the root that a configuration names.

    Raises:
        UserError: it names no data set, or one that is no folder of clips.
    """
    if config.data is None:
        raise UserError(f"data is not set; give it on the command line: data=<one of {', '.join(known())}>")
    if "lists" in config.data:
        raise UserError("data is lists of pairs of pictures: they are checked before training; this looks into clips")
    if "root" not in config.data:
        raise UserError("data has no root: it is made while it is loaded, and there is nothing to look into")
    lint(OmegaConf.create({"data": OmegaConf.to_container(config.data, resolve=True)}), {})
    layout = build(config.data.layout, "data.layout") if config.data.get("layout") else Folder()
    return layout, Path(config.data.root)


def check(config: DictConfig) -> bool:
    """Prints what of a data set is there, missing and broken; returns whether it can be used as it is.

    Raises:
        UserError: there is nothing of the data set below its root.
    """
    layout, root = data_set(config)
    with told_of("data.root"):
        splits = layout.splits(root)
    console = Console()
    say(f"{layout.title}, from {layout.homepage}; terms: {layout.terms}")
    sources = _all(splits)
    found = dict(zip(sources, _each(lambda source: examine(source, config.quick), sources, "checking"), strict=True))
    found |= {source: Finding(fault=fault) for source, fault in layout.misfits(splits)}
    summaries = {name: summarized([found[source] for source in getattr(splits, name)]) for name in NAMES}
    console.print(_table(summaries))
    for name, scales in found_scales(found.values()).items():
        say(f"{name} is aligned with each clip, at {' and '.join(f'1/{scale}' for scale in scales)} of its size")
    partial = [name for name in NAMES if summaries[name].verdict == "incomplete"]
    _show_faults(console, dict.fromkeys(found[source].fault for name in partial for source in getattr(splits, name)))
    return usable(list(summaries.values()))


def index(config: DictConfig) -> Path:
    """Writes the index of a data set, and the hashes of its files, into its root; returns the index's path.

    Raises:
        UserError: nothing can be indexed, or the root cannot be written to.
    """
    layout, root = data_set(config)
    if not root.is_dir():
        raise UserError(f"data.root={root}: is no folder; one clip alone needs no index")
    if not os.access(root, os.W_OK):
        raise UserError(f"data.root={root}: cannot be written to; all works without an index, but starts more slowly")
    made = Index(root)
    with told_of("data.root"):
        splits = layout.splits(root)
    sources = list({file.path: file for source in _all(splits) for file in files(source)}.values())

    def learn(file: FileSource) -> str | None:
        try:
            made.learn(file)
        except (BrokenFileError, OSError) as error:
            return str(error)
        return None

    faults = [fault for fault in _each(learn, sources, "indexing") if fault]
    if not made.entries:
        raise UserError(f"data.root={root}: none of {len(sources)} clips can be read; the first: {faults[0]}")
    write_atomically(root / NAME, made.text())
    remember_beside(root, Path(config.paths.cache))
    say(f"{len(made.entries)} clips indexed in {root / NAME}")
    if faults:
        say(f"{len(faults)} cannot be read: see vidgan-data check")
    return root / NAME


def _all(splits: Splits) -> list[Source]:
    """Every source once; some are in two splits."""
    return list(dict.fromkeys(source for name in NAMES for source in getattr(splits, name)))


def _each(work: Callable[[Item], Result], items: Sequence[Item], description: str) -> Iterator[Result]:
    """The results in order. Threads, because decoding leaves the interpreter to others."""
    pool = ThreadPoolExecutor(cores())
    try:
        yield from counted(pool.map(work, items), len(items), description)
    finally:
        pool.shutdown(cancel_futures=True)


def _table(summaries: dict[str, SplitSummary]) -> Table:
    """A column a split, which are few: narrow terminals hold it."""
    table = Table()
    table.add_column()
    for name in summaries:
        table.add_column(name, justify="right")
    counts = {
        "clips": [split.clips for split in summaries.values()],
        "readable": [split.whole for split in summaries.values()],
        "missing": [split.absent for split in summaries.values()],
        "broken": [split.clips - split.whole - split.absent for split in summaries.values()],
        "frames": [split.frames for split in summaries.values()],
    }
    for heading, numbers in counts.items():
        table.add_row(heading, *(f"{number:,}" for number in numbers))
    table.add_row("pixels", *(shown_sizes(split.sizes) for split in summaries.values()))
    table.add_row("", *(split.verdict for split in summaries.values()))
    return table


def _show_faults(console: Console, found: Iterable[str | None]) -> None:
    faults = [fault for fault in found if fault]
    for fault in faults[:_SHOWN]:
        say(fault)
    if len(faults) > _SHOWN:
        console.print(f"and {len(faults) - _SHOWN} more")
