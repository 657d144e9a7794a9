"""The run's own tables, which need nothing but a disk; :mod:`vidgan.tracking.wandb_tracker` logs beside them."""

from collections.abc import Iterable, Mapping
from math import isnan, nan
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from vidgan.metrics.direction import Direction
from vidgan.record.folder import RunFolder
from vidgan.record.tables import Table
from vidgan.tracking.wandb_tracker import WandbTracker


class CsvLogger(Logger):
    """Rows of ``metrics.csv``."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.table = Table(path)

    name = "csv"
    version = None

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self.table.append([{"iteration": step, **metrics}])

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """The run folder has the configuration."""


def best_values(rows: Iterable[Mapping[str, str]], directions: Mapping[str, Direction]) -> dict[str, float]:
    """The best value of each validation metric and the iteration it was reached at.

    Args:
        rows: of ``metrics.csv``.
        directions: by metric, without ``val/``.

    Returns:
        ``{"best/psnr": value, "best/psnr_iteration": iteration, ...}``
    """
    rows = list(rows)
    best: dict[str, float] = {}
    for name, direction in directions.items():
        scores = [(float(row.get(f"val/{name}") or nan), int(row["iteration"])) for row in rows]
        values = [(score, iteration) for score, iteration in scores if not isnan(score)]
        if values:
            value, iteration = max(values, key=lambda pair: direction.quality(pair[0]))
            best |= {f"best/{name}": value, f"best/{name}_iteration": iteration}
    return best


class RunRecorder(Callback):
    """Keeps the run's tables true: forgets what a killed run wrote too far, adds each validation's scores.

    Args:
        folder: of the run.
        metrics: its ``metrics.csv``, which a tracker fills.
        per_clip: its ``per_clip.csv``.
        tracker: is told the best values so far; None for none.
    """

    def __init__(self, folder: RunFolder, metrics: Table, per_clip: Table, tracker: WandbTracker | None = None) -> None:
        self._folder = folder
        self._metrics = metrics
        self._per_clip = per_clip
        self._tracker = tracker

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.is_global_zero:
            for table in (self._metrics, self._per_clip):
                table.forget_after(trainer.global_step)
            self._per_clip.forget("split", "test")
            self.remember(trainer.global_step)

    def remember(self, iteration: int) -> None:
        """Notes how far the run is, and what its tables hold by then."""
        written = {table.path.name: table.extent for table in (self._metrics, self._per_clip)}
        self._folder.update_summary(iteration=iteration, written=written)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._add(trainer, pl_module, "val")
        protocol = getattr(pl_module, "protocol", None)
        if trainer.is_global_zero and self._tracker is not None and protocol is not None:
            self._tracker.summarize(best_values(self._metrics.rows(), protocol.directions))

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forgets a test that an earlier attempt has come to the end of, but not the run to its own."""
        if trainer.is_global_zero:
            self._per_clip.forget("split", "test")

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._add(trainer, pl_module, "test")

    def _add(self, trainer: pl.Trainer, module: Any, split: str) -> None:
        if trainer.is_global_zero and module.rows:
            where = {"iteration": trainer.global_step, "split": split}
            self._per_clip.append([{**where, **row} for row in module.rows])
