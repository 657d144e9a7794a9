"""Sweeps on small videos, as in ``tests/test_commands.py``."""

import json
from pathlib import Path

import pytest

from tests.media import write_splits
from tests.preloaded import launch
from tests.test_commands import TRAINING, ended

#: One thread, so that results do not depend on how many jobs share the machine.
SMALL = [*TRAINING, "machine.threads=1", "machine.n_jobs=2", "engine.give_up_after=2"]
RATE = "players.generator.optimizer.lr"


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_splits(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="session")
def small(videos: Path) -> list[str]:
    """The overrides of a training that takes seconds."""
    return [*SMALL, f"data.root={videos}"]


@pytest.fixture(scope="session")
def swept(small: list[str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str, str]:
    """A sweep over three learning rates, of which the last diverges: its folder, exit code and output."""
    folder = tmp_path_factory.mktemp("swept")
    return folder, *ended(launch(folder, "train", "-m", *small, f"{RATE}=0.003,0.0003,1e20"))


def runs_of(folder: Path) -> dict[str, Path]:
    """Run folders by label."""
    found = {}
    for path in folder.glob("runs/super_resolution/*/summary.json"):
        found[json.loads(path.read_text())["label"]] = path.parent
    return found
