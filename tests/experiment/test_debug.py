"""Runs that look for a fault: short, replaced by the next one, and found by no command."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from tests.media import write_splits
from tests.test_commands import TRAINING
from vidgan.errors import UserError
from vidgan.experiment.build import build_data
from vidgan.experiment.debug import debugged
from vidgan.experiment.training import train
from vidgan.launch.status import run_folders
from vidgan.launch.sweep import Point, examine
from vidgan.record.folder import find_run
from vidgan.record.identity import run_id

Composed = Callable[..., DictConfig]


@pytest.fixture
def small(composed: Composed, tmp_path: Path) -> Composed:
    """A small training on small videos."""
    root = write_splits(tmp_path / "videos", frames=4)
    given = [*TRAINING, f"data.root={root}", "machine.progress=false", "engine.iterations=4000"]
    return lambda *overrides: composed(*given, "tracking=offline", *overrides)


def test_a_dry_run_is_short_whole_and_nobodys_result(small: Composed, tmp_path: Path) -> None:
    config = small("debug=fast_dev_run", "debug.profiler=simple", "debug.detect_anomaly=true", "debug.overfit=true")
    folder = train(config)
    assert folder.path.relative_to(tmp_path / "runs").parts[:2] == ("debug", "super_resolution")
    assert (folder.summary["state"], folder.summary["iteration"]) == ("finished", 4)
    assert "psnr" in folder.summary["metrics"]
    assert list(folder.path.glob("*profile*"))
    assert not (folder.path / "wandb").exists()
    assert run_folders(tmp_path / "runs") == []
    with pytest.raises(UserError, match="is not in"):
        find_run(tmp_path / "runs", folder.id)
    (folder.path / "left_behind").touch()
    again = train(config)
    assert again.path == folder.path
    assert not (folder.path / "left_behind").exists()


def test_every_part_begins_in_a_dry_run(small: Composed) -> None:
    config = debugged(small("debug=fast_dev_run", "players.discriminator.start=3000", "losses.pixel.stop=3000"))
    assert config.engine.iterations == 4
    assert config.players.discriminator.start == 2
    assert (config.losses.pixel.start, config.losses.pixel.stop) == (0, None)
    assert config.tracking.mode == "disabled"


def test_debugging_is_no_part_of_what_a_run_is(small: Composed) -> None:
    assert run_id(small("debug.profiler=pytorch")) == run_id(small())


def test_the_first_batch_is_repeated(small: Composed) -> None:
    config = small("debug=overfit")
    data = build_data(config.data, config.machine, config.paths)
    data.overfit = True
    data.trainer = type("Trainer", (), {"max_steps": 3, "global_step": 0, "global_rank": 0, "world_size": 1})()
    first, *others = [batch.frames for batch in data.train_dataloader()]
    assert len(others) == 2
    assert all(torch.equal(first, other) for other in others)


def test_a_sweep_does_not_debug(small: Composed) -> None:
    with pytest.raises(UserError, match="debug is for single runs"):
        examine([Point((), small("debug=fast_dev_run"))])


LIGHTNING = "pytorch_lightning.callbacks"


def test_own_callbacks_and_loggers_are_used(small: Composed, tmp_path: Path) -> None:
    watching = f"+callbacks.rates={{_target_: {LIGHTNING}.LearningRateMonitor, logging_interval: step}}"
    logging = f"+loggers.table={{_target_: pytorch_lightning.loggers.CSVLogger, save_dir: {tmp_path}/own}}"
    train(small("debug=fast_dev_run", watching, logging))
    (table,) = (tmp_path / "own").rglob("metrics.csv")
    assert "loss/generator" in table.read_text().splitlines()[0]


def test_a_logger_that_refuses_its_arguments_is_told_before_there_is_a_folder(small: Composed, tmp_path: Path) -> None:
    logger = f"_target_: pytorch_lightning.loggers.WandbLogger, save_dir: {tmp_path}/own, offline: true"
    with pytest.raises(UserError, match=r"loggers\.a: Providing log_model=True and offline=True"):
        train(small(f"+loggers.a={{{logger}, log_model: true}}"))
    assert not (tmp_path / "runs").exists()


def test_a_callback_that_may_change_a_run_makes_it_another_one(small: Composed) -> None:
    watching = small(f"+callbacks.a={{_target_: {LIGHTNING}.DeviceStatsMonitor}}")
    changing = small(f"+callbacks.a={{_target_: {LIGHTNING}.StochasticWeightAveraging, swa_lrs: 0.1}}")
    assert run_id(watching) == run_id(small()) != run_id(changing)


@pytest.mark.parametrize("target", ["os.system", "vidgan.losses.pixel.L1", "pytorch_lightning.loggers.CSVLogger"])
def test_only_lightnings_callbacks_and_ones_own_are_built(small: Composed, target: str) -> None:
    with pytest.raises(UserError, match=r"callbacks\.a\._target_"):
        train(small(f"+callbacks.a={{_target_: {target}}}"))
