"""Loggers of a run: its own CSV table, and W&B beside it, which may fail without harm."""

import logging
import os
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from vidgan.experiment.tables import Table

log = logging.getLogger(__name__)


class CsvTracker(Logger):
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


class WandbTracker(Logger):
    """A W&B run with the run folder's id, logged against our own iteration.

    Own code because Lightning's WandbLogger counts steps its own way, selects offline by a process-wide variable and
    does not survive an unreachable server. Online, a server that does not answer turns the run offline, loudly.
    """

    name = "wandb"
    version = None

    def __init__(self, folder: Path, run_id: str, tracking: DictConfig, config: dict[str, Any], job_type: str) -> None:
        super().__init__()
        self._arguments = {
            "id": run_id,
            "name": run_id,
            "dir": str(folder),
            "project": tracking.project,
            "entity": tracking.entity,
            "group": tracking.group or config.get("name"),
            "tags": [*tracking.tags, folder.parent.name],
            "job_type": job_type,
            "config": config,
            "resume": "allow",
        }
        self._mode = tracking.mode
        self._init_timeout = tracking.init_timeout
        self._known: set[str] = set()
        self._run: Any = None
        os.environ.setdefault("WANDB_DATA_DIR", str(folder / "wandb"))
        os.environ.setdefault("WANDB_CACHE_DIR", str(folder / "wandb" / "cache"))
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")

    @property
    def run(self) -> Any:
        if self._run is None:
            self._run = self._start()
            self._run.define_metric("iteration")
        return self._run

    def _start(self) -> Any:
        import wandb

        settings = wandb.Settings(init_timeout=self._init_timeout, silent=True, finish_timeout=60.0)
        try:
            return wandb.init(mode=self._mode, settings=settings, **self._arguments)
        except (wandb.errors.CommError, wandb.errors.AuthenticationError, wandb.errors.UsageError) as error:
            log.warning(
                "W&B cannot be reached (%s); the run is logged offline, upload it later with `wandb sync`.", error
            )
            wandb.teardown()
            return wandb.init(mode="offline", settings=settings, **self._arguments)

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        for name in metrics.keys() - self._known:
            self.run.define_metric(name, step_metric="iteration", summary="min,max,last")
            self._known.add(name)
        self.run.log({"iteration": step, **metrics})

    @rank_zero_only
    def log_media(self, name: str, path: Path, step: int) -> None:
        """A picture or an H.264 video that is already a file."""
        import wandb

        media = wandb.Video(str(path)) if path.suffix == ".mp4" else wandb.Image(str(path))
        self.run.log({"iteration": step, name: media})

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """The configuration is given when the run starts."""

    @rank_zero_only
    def close(self, failed: bool) -> None:
        if self._run is not None:
            self._run.finish(exit_code=int(failed))
            self._run = None


class RunRecorder(Callback):
    """Keeps the run's tables true: forgets what a killed run wrote too far, adds each validation's scores."""

    def __init__(self, tables: list[Table], per_clip: Table) -> None:
        self._tables = tables
        self._per_clip = per_clip

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.is_global_zero:
            for table in self._tables:
                table.forget_after(trainer.global_step)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._add(trainer, pl_module, "val")

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._add(trainer, pl_module, "test")

    def _add(self, trainer: pl.Trainer, module: Any, split: str) -> None:
        if trainer.is_global_zero and module.rows:
            where = {"iteration": trainer.global_step, "split": split}
            self._per_clip.append([{**where, **row} for row in module.rows])
