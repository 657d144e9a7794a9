"""Checkpoints: the last and the best, written atomically, and on a signal before the process ends.

Own code because Lightning's ModelCheckpoint ignores time under manual optimization, names files by the steps of all
optimizers, and saves before the validation that its iteration owes.
"""

import math
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from vidgan.atomic import replacing
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.monitoring import agreed
from vidgan.engine.score_rows import MODEL
from vidgan.errors import UserError
from vidgan.interruption import requests
from vidgan.metrics.direction import Direction
from vidgan.weights import refuse_flipped, save_weights

HIGHER = Direction(higher=True)
LAST, BEST, PREVIOUS = "last.ckpt", "best.ckpt", "previous.ckpt"


class TrainingInterrupted(Exception):
    """Training was stopped by a signal, most often after its checkpoint was written.

    Args:
        number: of the signal.
        where: the end of a sentence that says where it goes on.
    """

    def __init__(self, number: int, where: str) -> None:
        super().__init__(f"Stopped by {signal.Signals(number).name} {where}.")
        self.number = number


class Checkpoints(Callback):
    """Keeps ``last.ckpt`` and ``best.ckpt`` and their generator weights as safetensors.

    As long as there is no best one, the last but one is kept as ``previous.ckpt``, so that there is another one to go
    back to should the last be damaged.

    A checkpoint that falls on an iteration which owes a validation is written after it, so that a resumed run never
    skips one.

    Args:
        folder: where.
        every: iterations between checkpoints.
        minutes: and at most so many minutes; none means by iterations alone.
        monitor: validation metric that decides which is best; none keeps the last only.
        direction: which way it improves.
        on_write: told the iteration of every checkpoint that is written, on rank 0.
    """

    def __init__(
        self,
        folder: Path,
        every: int,
        minutes: float | None = None,
        monitor: str | None = None,
        direction: Direction = HIGHER,
        on_write: Callable[[int], None] | None = None,
    ) -> None:
        self.folder = folder
        self.every = every
        self.minutes = minutes
        self.monitor = monitor
        self.quality = direction.quality
        self.on_write = on_write
        self.best: float | None = None
        self.best_iteration: int | None = None
        self._saved_at = time.monotonic()
        self._listens = False
        self._wrote_last = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._saved_at = time.monotonic()
        if trainer.is_global_zero:
            self.folder.mkdir(parents=True, exist_ok=True)
        self._listens = requests.listen()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._stop_listening()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listens:  # else the process has begun to listen before, and does so until its end
            requests.ignore()

    # When to save

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not self._validation_follows(trainer):
            self._save_if_due(trainer, pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.state.fn != "fit":
            return
        assert isinstance(pl_module, AdversarialTask)
        value = pl_module.scores.get(MODEL, {}).get(self.monitor or "")
        if value is not None and self._is_best(value):
            self.best, self.best_iteration = value, trainer.global_step
            self._write(trainer, pl_module, BEST)
        self._save_if_due(trainer, pl_module)

    def _is_best(self, value: float) -> bool:
        if math.isnan(value):
            return False
        return self.best is None or self.quality(value) > self.quality(self.best)

    def _validation_follows(self, trainer: pl.Trainer) -> bool:
        every = trainer.val_check_batch
        return bool(trainer.enable_validation and every) and trainer.global_step % int(every or 1) == 0

    def _save_if_due(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        iteration = trainer.global_step
        late = self.minutes is not None and time.monotonic() - self._saved_at > 60 * self.minutes
        calm = torch.tensor(requests.number is None, device=module.device)
        # A signal or a clock is one rank's; writing is everybody's.
        stop = not agreed(calm)
        due = iteration % self.every == 0 or iteration == trainer.max_steps
        if stop or due or not agreed(~torch.tensor(late, device=module.device)):
            self._write(trainer, module, LAST)
            self._saved_at = time.monotonic()
        if stop:
            number = requests.number or signal.SIGTERM
            raise TrainingInterrupted(number, f"at iteration {iteration}; the checkpoint is written")

    # Writing

    def _write(self, trainer: pl.Trainer, module: pl.LightningModule, name: str) -> None:
        path = self.folder / name
        if not trainer.is_global_zero:
            trainer.save_checkpoint(path)  # every rank takes part, rank 0 writes
        else:
            self.folder.stat()  # Lightning would make a folder that was removed again, and a run with the half of it
            with replacing(path) as temporary:
                trainer.save_checkpoint(temporary)
                if name == LAST:
                    self._keep_previous()
            assert isinstance(module, AdversarialTask)
            metadata = {"iteration": str(trainer.global_step), "run": self.run}
            save_weights(generator_weights(module), path.with_suffix(".safetensors"), metadata)
            if self.on_write is not None:
                self.on_write(trainer.global_step)

    def _keep_previous(self) -> None:
        previous = self.folder / PREVIOUS
        with suppress(OSError):  # some file systems have no links
            if (self.folder / BEST).exists():
                previous.unlink(missing_ok=True)
            elif self._wrote_last:  # what another process has written may be damaged by now
                previous.unlink(missing_ok=True)
                previous.hardlink_to(self.folder / LAST)
        self._wrote_last = True

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_iteration": self.best_iteration, "run": self.run}

    @property
    def run(self) -> str:
        """Whose checkpoints they are: the run folder's name."""
        return self.folder.parent.name

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best, self.best_iteration = state_dict["best"], state_dict["best_iteration"]


def iteration_of(path: Path) -> int:
    """The iteration of a checkpoint of the run in whose folder it lies, after a look at all of it.

    Raises:
        UserError: it is not as it was written, or another run's.
    """
    try:
        refuse_flipped(path)
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        run = content["callbacks"][Checkpoints.__qualname__].get("run")
        iteration = int(content["global_step"])
    except Exception as error:  # a damaged file can raise anything
        raise UserError(f"{path} is damaged") from error
    if run not in (None, path.parents[1].name):
        raise UserError(f"{path} is of another run, {run}")
    return iteration


def generator_weights(task: AdversarialTask) -> dict[str, Tensor]:
    """The weights that prediction uses: the generator's moving average where there is one."""
    network = task.average("generator") if "generator" in task.averages else task.networks["generator"]
    return {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
