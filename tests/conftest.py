"""Composes configurations as the commands do."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from vidgan.experiment.places import CONF
from vidgan.experiment.registry import register

# Tests run side by side, and so do the processes that they start: threads that wait for each other cost minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def composed(tmp_path: Path) -> Callable[..., DictConfig]:
    """``composed("seed=1", ...)``: the configuration of vidgan-train with these overrides, running in ``tmp_path``."""
    register()

    def make(*overrides: str, command: str = "train") -> DictConfig:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return compose(command, [f"paths.runs={tmp_path}/runs", f"paths.cache={tmp_path}/cache", *overrides])

    return make
