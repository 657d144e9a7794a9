"""The progress bar: iterations, rate, time left and the newest losses, refreshed by time.

Own code because Lightning's bars count an epoch's batches and cost milliseconds an iteration.
"""

from collections.abc import Iterable, Iterator
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
from rich.text import Text

SHOWN = 4
Item = TypeVar("Item")


class TaskSpeed(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def counted(items: Iterable[Item], total: int, what: str, shown: bool = True) -> Iterator[Item]:
    """The items, with a bar on stderr that counts them: how many, how many a second, how long it will still take."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TaskSpeed(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        yield from bar.track(items, total)


class IterationBar(Callback):
    """One line that counts from the resumed iteration to the last."""

    def __init__(self, refresh_per_second: float = 2.0, console: Console | None = None) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TaskSpeed(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            console=console or Console(stderr=True),
            refresh_per_second=refresh_per_second,
        )
        self._task: Any = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.is_global_zero:
            self._progress.start()
            self._task = self._progress.add_task(
                "training", total=trainer.max_steps, completed=trainer.global_step, losses=""
            )

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._task is None:
            return
        row = getattr(pl_module, "latest", {})
        losses = [(name.removeprefix("loss/"), value) for name, value in row.items() if name.startswith("loss/")]
        self._progress.update(
            self._task,
            completed=trainer.global_step,
            losses=" ".join(f"{name} {value:.4g}" for name, value in losses[:SHOWN]),
        )

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._task is not None:
            self._progress.update(self._task, description="validating")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._task is not None:
            self._progress.update(self._task, description="training")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._progress.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self._progress.stop()
