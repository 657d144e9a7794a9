"""What a run costs: parameters, speed of the training alone, peak memory."""

import sys
import time

import psutil
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from vidgan.engine.adversarial import AdversarialTask
from vidgan.record.folder import RunFolder

_GB = 1e9
#: The unit of ``ru_maxrss``.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class ResourceUsage(Callback):
    """Adds to ``summary.json``: ``parameters`` by network, ``iterations_per_second``, ``peak_memory`` in GB.

    The speed is that of this start of the run: validation and the first iteration (compilation, caches) do not count.
    Memory is rank 0's, by where it is: ``{"gpu": GB}`` allocated by torch, else ``{"process": GB}`` resident.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._iterations, self._seconds = 0, 0.0
        self._since: float | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, AdversarialTask)
        if trainer.is_global_zero:
            networks = pl_module.networks.items()
            counts = {name: sum(p.numel() for p in network.parameters()) for name, network in networks}
            self._folder.update_summary(parameters=counts)

    def on_train_batch_end(self, trainer: pl.Trainer, *arguments: object) -> None:
        now = time.monotonic()
        if self._since is not None:
            self._iterations += 1
            self._seconds += now - self._since
        self._since = now

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._since = None

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.is_global_zero and self._iterations:
            speed = round(self._iterations / self._seconds, 3)
            self._folder.update_summary(iterations_per_second=speed, peak_memory=_peak_memory(pl_module.device))


def _peak_memory(device: torch.device) -> dict[str, float]:
    if device.type == "cuda":
        return {"gpu": round(torch.cuda.max_memory_allocated(device) / _GB, 3)}
    return {"process": round(_peak_of_process() / _GB, 3)}


def _peak_of_process() -> int:
    """Bytes that this process has held at most."""
    try:
        import resource  # of POSIX alone
    except ImportError:
        return psutil.Process().memory_info().peak_wset
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
