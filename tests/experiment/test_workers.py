"""Clips are loaded in any number of workers, however they start, and beside a tracker that watches imports."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig
from safetensors.torch import load_file

from tests.fake_wandb import FakeWandb
from tests.media import moving, write_video
from vidgan.config.registration import register
from vidgan.experiment.training import train

LIMIT = 600  # seconds: what has not ended by then, on a busy machine too, hangs

# The children of a fork server share its imports, which take longer than all that is tested here.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__, "wandb"])

SMALL = [
    *("data=folder", "data.patch=32", "data.frames=2", "data.batch_size=2", "machine=cpu", "machine.progress=false"),
    *(
        "engine.iterations=3",
        "validation.every=null",
        "networks.discriminator.layers=1",
        "players.discriminator.start=0",
    ),
]

ENDLESS = ("engine.iterations=100000", "machine.checkpoint.every=1")


def _train(folder: Path, config: DictConfig, cores: int, method: str, environment: dict[str, str]) -> None:
    """In a process of its own, on a machine that seems to have so many cores."""
    os.chdir(folder)
    os.environ.update(environment, HOME=str(folder))
    os.sched_getaffinity = lambda process: set(range(cores))
    torch.multiprocessing.set_start_method(method, force=True)
    register()
    train(config)


Start = Callable[..., multiprocessing.Process]


@pytest.fixture
def start(composed: Callable[..., DictConfig], tmp_path: Path, server: FakeWandb) -> Start:
    for number, split in enumerate(("train", "val", "test")):
        write_video(tmp_path / "videos" / split / f"{number}.mp4", moving(6, 48, 48, seed=number))

    def make(*overrides: str, cores: int, method: str = "fork") -> multiprocessing.Process:
        config = composed(*SMALL, f"data.root={tmp_path}/videos", *overrides)
        process = _PROCESSES.Process(target=_train, args=(tmp_path, config, cores, method, server.environment))
        process.start()
        return process

    return make


@pytest.mark.parametrize(
    ("cores", "method", "overrides"),
    [
        (0, "fork", []),
        (1, "fork", ["machine.workers=4"]),
        (2, "fork", ["tracking=online", "machine.workers=1"]),
        (8, "fork", []),
        (8, "fork", ["tracking=online"]),
        (8, "forkserver", []),
    ],
)
def test_a_machine_of_any_number_of_cores_trains(
    start: Start, tmp_path: Path, cores: int, method: str, overrides: list[str]
) -> None:
    """The same weights as without workers, W&B offline as by default."""
    plain = start("machine.workers=0", "tracking=disabled", f"paths.runs={tmp_path}/plain", cores=2)
    tested = start(*overrides, cores=cores, method=method)
    weights = []
    for process, runs in ((plain, "plain"), (tested, "runs")):
        process.join(LIMIT)
        assert process.exitcode == 0
        (run,) = tmp_path.glob(f"{runs}/super_resolution/*")
        assert json.loads((run / "summary.json").read_text())["state"] == "finished"
        weights.append(load_file(run / "checkpoints/last.safetensors"))
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name])


def _parents() -> dict[int, int]:
    """Parent by process, of those that are not zombies."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z":
            found[int(path.parent.name)] = int(parent)
    return found


def _descendants(process: int) -> set[int]:
    parents = _parents()
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def _wait_for_checkpoint(folder: Path, deadline: float) -> None:
    while not list(folder.glob("runs/*/*/checkpoints/last.ckpt")):
        assert time.monotonic() < deadline, "no checkpoint was written"
        time.sleep(0.1)


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_a_training_that_is_asked_to_stop_waits_for_no_worker(start: Start, tmp_path: Path, method: str) -> None:
    """Workers of the training and of the validation, which do not hear the signal themselves."""
    options = ("machine.workers=1", "tracking=disabled", "validation.every=1")
    process = start(*ENDLESS, *options, cores=2, method=method)
    _wait_for_checkpoint(tmp_path, time.monotonic() + LIMIT)
    assert process.pid is not None
    for asked in (process.pid, *_descendants(process.pid)):
        os.kill(asked, signal.SIGTERM)
    process.join(LIMIT)
    assert process.exitcode == 128 + signal.SIGTERM


def test_no_process_outlives_a_killed_training(start: Start, tmp_path: Path) -> None:
    process = start("machine.workers=2", *ENDLESS, cores=8)
    deadline = time.monotonic() + LIMIT
    _wait_for_checkpoint(tmp_path, deadline)
    assert process.pid is not None
    started = _descendants(process.pid)
    assert len(started) >= 3  # two workers and W&B's own process
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while left := started & _parents().keys():  # workers look for their parent every few seconds
        assert time.monotonic() < deadline, f"{len(left)} processes are left"
        time.sleep(0.1)
