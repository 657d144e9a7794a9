"""What a run's summary says of it, however it ends."""

import signal
from pathlib import Path

import pytest
import pytorch_lightning as pl
from torch import Tensor
from torch.utils.data import DataLoader

from vidgan.experiment.folder import RunFolder
from vidgan.experiment.training import _state_kept


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
