"""Runs that look for a fault: in a folder of their own, not logged to W&B, and never returned as a result."""

import shutil
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from pytorch_lightning.profilers import AdvancedProfiler, PyTorchProfiler, SimpleProfiler

from vidgan.record.folder import RunFolder
from vidgan.record.names import run_name, task_name

_PROFILERS = {"simple": SimpleProfiler, "advanced": AdvancedProfiler, "pytorch": PyTorchProfiler}


def debugging(config: DictConfig) -> bool:
    return any(config.debug.values())


def debugged(config: DictConfig) -> DictConfig:
    """What a debugging run trains; with ``fast_dev_run`` every player and every loss begins in the few iterations."""
    config = config.copy()
    config.tracking.mode = "disabled"
    few = config.debug.fast_dev_run
    if few is not None:
        config.engine.iterations, config.engine.log_every = few, 1
        config.validation.every = few if config.validation.every else None
        for part in (*config.players.values(), *config.losses.values()):
            part.start = min(part.start, few // 2)
            part.stop = 0 if part.stop == 0 else None  # which keeps what was loaded, or never ends
    return config


def emptied_folder(config: DictConfig) -> tuple[RunFolder, str]:
    """Where a debugging run lives, which no command finds by an id, without what an earlier one has left there."""
    path = Path(config.paths.runs).resolve() / "debug" / task_name(config.task._target_) / run_name(config)
    shutil.rmtree(path, ignore_errors=True)
    return RunFolder(path), "A debugging run: the next one replaces it, and no command takes it for a result."


def trainer_arguments(config: DictConfig, folder: RunFolder) -> dict[str, Any]:
    """Arguments of Lightning's trainer."""
    debug = config.debug
    arguments: dict[str, Any] = {"detect_anomaly": debug.detect_anomaly}
    if debug.fast_dev_run is not None:
        arguments |= {"limit_val_batches": 1, "limit_test_batches": 1}
    if debug.profiler is not None:
        arguments["profiler"] = _PROFILERS[debug.profiler](dirpath=folder.path, filename="profile")
    return arguments
