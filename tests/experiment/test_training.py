"""What a run's summary says of it, however it ends."""

import errno
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from tests.engine.toy import ToyData, fit, toy_task
from vidgan.data.datamodule import ClipLoader, KilledWorkerError
from vidgan.engine.checkpoints import TrainingInterrupted
from vidgan.errors import UserError
from vidgan.experiment.fitting import _lost_workers_told
from vidgan.experiment.training import _disk_errors_told, _state_kept
from vidgan.interruption import requests
from vidgan.record.folder import RunFolder
from vidgan.record.tables import Table
from vidgan.tracking.csv_logger import RunRecorder


class Interrupted(pl.LightningModule):
    def test_step(self, batch: Tensor, batch_idx: int) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_during_the_last_test_is_only_a_pause(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.update_summary(state="running")
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False, enable_checkpointing=False)
    with pytest.raises(SystemExit) as stop, _state_kept(folder):
        trainer.test(Interrupted(), DataLoader([0]))
    assert stop.value.code == 128 + signal.SIGINT
    assert folder.summary["state"] == "running"


class Killed(Dataset[Any]):
    """Whose worker is gone before it can say that it does not listen."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(signal.SIGTERM, TrainingInterrupted), (None, KilledWorkerError)],
    ids=["stopped", "going on"],
)
def test_a_worker_that_is_lost_to_the_signal_that_stops_the_training_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, expected: type[Exception]
) -> None:
    monkeypatch.setattr(requests, "number", asked)
    for loader in (ClipLoader, DataLoader):  # torch's error comes outside of a loader as well
        with pytest.raises(expected), _lost_workers_told():
            list(loader(Killed(), batch_size=None, num_workers=1))


def test_a_failure_is_recorded_in_a_sentence(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.update_summary(state="running")
    with pytest.raises(RuntimeError), _state_kept(folder):
        raise RuntimeError("CUDA out of memory.\nTried to allocate 2 GiB.")
    assert folder.summary["state"] == "failed"
    assert folder.summary["error"] == "RuntimeError: CUDA out of memory. Tried to allocate 2 GiB."


@pytest.mark.parametrize("removed", [False, True], ids=["full", "removed"])
def test_what_a_disk_refuses_is_one_sentence(tmp_path: Path, removed: bool) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.update_summary(state="running")
    wanted = "was removed while it was being trained" if removed else "metrics.csv: No space left on device; free space"

    def work() -> None:
        if removed:
            shutil.rmtree(folder.path)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder.path / "metrics.csv"))

    with pytest.raises(UserError, match=wanted), _state_kept(folder), _disk_errors_told(folder):
        work()
    assert folder.path.exists() != removed


def test_a_test_that_is_done_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """As that of a run which failed at its end, after its scores had been written."""
    task, table = toy_task(2), Table(tmp_path / "per_clip.csv")
    recorder = RunRecorder(RunFolder(tmp_path), Table(tmp_path / "metrics.csv"), table)
    trainer = fit(task, tmp_path, callbacks=[recorder], limit_val_batches=None, val_check_interval=2)
    trainer.test(task, datamodule=ToyData(), verbose=False)
    once = table.rows()
    assert [(row["split"], row["clip"]) for row in once] == [
        *(("val", clip) for clip in ("toy/-1", "toy/-2")),
        *(("test", clip) for clip in ("toy/-1", "toy/-2")),
    ]
    trainer.test(task, datamodule=ToyData(), verbose=False)
    assert table.rows() == once
