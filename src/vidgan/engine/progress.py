"""How far a training or another long work is: a bar on a terminal, a plain line now and then in a log or a pipe.

Own code because Lightning's bars count an epoch's batches and cost milliseconds an iteration, and because rich shows
nothing before the end where there is no terminal.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

SHOWN = 4
SECONDS = 30.0  # between two lines of a log
#: Columns that all but the counts and the losses may take: what is done, some bar, rate and time left.
_REST = 50
Item = TypeVar("Item")


def rate_told(items: float) -> str:
    """So many items a second, in few signs."""
    return f"{items:.1f}/s" if items >= 1 else f"{items:.2g}/s"


class TaskSpeed(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        return Text(rate_told(task.speed) if task.speed else "")


class Losses(ProgressColumn):
    """As many of the newest losses as fit beside the counts: these never give way."""

    def __init__(self, console: Console) -> None:
        super().__init__(Column(no_wrap=True))
        self._console = console

    def render(self, task: Task) -> Text:
        room = self._console.width - _REST - 2 * len(str(task.total))
        text = ""
        for name, value in task.fields["losses"].items():
            longer = f"{text} {name} {value:.4g}".strip()
            if len(longer) > room:
                break
            text = longer
        return Text(text)


class Lines:
    """Prints how far a work is, at most every :data:`SECONDS`, and at its end.

    Args:
        what: is counted.
        total: how many there are.
        done: how many were done before.
        console: where to.
        clock: in seconds.
    """

    def __init__(
        self, what: str, total: int, console: Console, done: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._what, self._total, self._console, self._clock = what, total, console, clock
        self._before = done, clock()

    def update(self, done: int, losses: Mapping[str, float] | None = None) -> None:
        """Prints a line if it is time, of ``done`` items so far."""
        before, then = self._before
        elapsed = self._clock() - then
        if done == before or (elapsed < SECONDS and done < self._total):
            return
        self._before = done, then + elapsed
        rate = (done - before) / max(elapsed, 1e-9)
        left = timedelta(seconds=round((self._total - done) / rate))
        told = "".join(f" {name} {value:.4g}" for name, value in list((losses or {}).items())[:SHOWN])
        line = f"{self._what} {done}/{self._total} {rate_told(rate)} {left} left{told}"
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


_listeners: list[Callable[[str, int, int], None]] = []


@contextmanager
def listened(listener: Callable[[str, int, int], None]) -> Iterator[None]:
    """Inside, the listener is told of each item that is counted: what it is, how many are done, and of how many."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def counted(items: Iterable[Item], total: int, what: str, shown: bool = True) -> Iterator[Item]:
    """The items, counted on stderr: how many, how many a second, how long it will still take."""
    for number, item in enumerate(_shown(items, total, what, shown), start=1):
        yield item
        for listener in _listeners:
            listener(what, number, total)


def _shown(items: Iterable[Item], total: int, what: str, shown: bool) -> Iterator[Item]:
    console = Console(stderr=True)
    if shown and not console.is_terminal:
        lines = Lines(what, total, console)
        for number, item in enumerate(items, start=1):
            yield item
            lines.update(number)
        return
    columns = (TextColumn(what), BarColumn(None), MofNCompleteColumn(), TaskSpeed(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not shown, expand=True) as bar:
        yield from bar.track(items, total)


class IterationBar(Callback):
    """Counts from the resumed iteration to the last, on one line of a terminal or in lines of a log."""

    def __init__(
        self,
        refresh_per_second: float = 2.0,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._lines: Lines | None = None
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TaskSpeed(Column(no_wrap=True)),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
            Losses(self._console),
            console=self._console,
            refresh_per_second=refresh_per_second,
            get_time=clock,
            disable=not self._console.is_terminal,
        )
        self._task: Any = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        if not self._console.is_terminal:
            self._lines = Lines("training", trainer.max_steps, self._console, trainer.global_step, self._clock)
            return
        self._progress.start()
        self._task = self._progress.add_task(
            "training", total=trainer.max_steps, completed=trainer.global_step, losses={}
        )

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._task is None and self._lines is None:
            return
        row = getattr(pl_module, "latest", {})
        losses = {name.removeprefix("loss/"): value for name, value in row.items() if name.startswith("loss/")}
        if self._lines is not None:
            self._lines.update(trainer.global_step, losses)
        else:
            self._progress.update(self._task, completed=trainer.global_step, losses=losses)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._describe("validating", trainer)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._task is not None:
            self._progress.update(self._task, description="training")

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._describe("testing", trainer)

    def _describe(self, what: str, trainer: pl.Trainer) -> None:
        if self._lines is not None:
            self._console.print(f"{what} at iteration {trainer.global_step}", highlight=False)
        elif self._task is not None and what == "validating":
            self._progress.update(self._task, description=what)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._progress.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self._progress.stop()
