"""A training without learning: it logs as the real one does, in a process of its own, and stops where it is told to."""

import csv
import faulthandler
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
import wandb
from omegaconf import OmegaConf

from tests.fake_wandb import FakeWandb
from tests.media import write_comparison
from vidgan.engine.checkpoints import TrainingInterrupted
from vidgan.errors import UserError
from vidgan.record.folder import RunFolder
from vidgan.tracking.csv_logger import CsvLogger
from vidgan.tracking.layout import run_arguments
from vidgan.tracking.sync import sync
from vidgan.tracking.wandb_log import WandbLog, log_files
from vidgan.tracking.wandb_tracker import RESULT_FILES, WandbTracker, tracked
from vidgan.video.compare import comparison_picture
from vidgan.weights import save_weights

ROWS = 10
MIDDLE = 5
ALL = list(range(1, ROWS + 1))
LIMIT = 600  # seconds: what has not ended by then, on a busy machine too, hangs

# The children of a fork server share its imports, which take longer than all that is tested here.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__, "wandb"])


def logged_values(iteration: int) -> dict[str, float]:
    return {"loss/pixel": 1 / iteration, "val/psnr": 20.0 + iteration % 7}


def make_samples(folder: Path) -> dict[str, Path]:
    clips = {name: torch.full((3, 3, 33, 47), level) for name, level in (("model", 0.25), ("real", 0.75))}
    files = {"samples/picture": folder / "sample.png", "samples/video": folder / "sample.mp4"}
    comparison_picture({"clip": {name: clip[0] for name, clip in clips.items()}}, files["samples/picture"])
    write_comparison(files["samples/video"], clips)
    return files


def kill_service(process: int) -> None:
    """Kills W&B's own process among a process's children, as a cluster's memory limit may; it is dead on return."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    (found,) = [pid for pid in children if "wandb-core" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(int(found), signal.SIGKILL)
    deadline = time.monotonic() + LIMIT
    while "Z" not in Path(f"/proc/{found}/stat").read_text().rpartition(")")[2]:  # dead, and not yet waited for
        assert time.monotonic() < deadline, "W&B's process does not die"
        time.sleep(0.05)


def train(folder: RunFolder, config: dict[str, Any], start: int, end: str, parent: Connection) -> None:
    """Logs iterations ``start`` to ROWS, waits for the parent in the middle, and ends as ``end`` says."""
    root = OmegaConf.create(config)
    csv = CsvLogger(folder.path / "metrics.csv")
    tracker = WandbTracker(run_arguments(root, folder), root.tracking)
    samples = make_samples(folder.path)
    with tracked(tracker):
        for iteration in range(start, ROWS + 1):
            for logger in (csv, tracker):
                logger.log_metrics(logged_values(iteration), step=iteration)
            if iteration % MIDDLE == 0:
                tracker.log_media(samples, iteration)
            if iteration == MIDDLE:
                parent.send("middle")
                parent.recv()
        if root.tracking.upload_weights:
            save_weights({"weight": torch.ones(3)}, folder.checkpoints / "last.safetensors", {})
            tracker.log_weights(folder.checkpoints)
        tracker.summarize({"test/psnr": 30.0})
        for name in RESULT_FILES:
            (folder.path / name).write_text("{}")
        tracker.keep_results(folder.path)
        if end == "loses W&B":
            kill_service(os.getpid())
        if end == "fails":
            raise RuntimeError("the training fails")
        if end == "is stopped":
            raise TrainingInterrupted(signal.SIGTERM, f"at iteration {ROWS}")


def _process(
    folder: Path, configs: list[dict[str, Any]], environment: dict[str, str], start: int, end: str, parent: Connection
) -> None:
    output = os.open(folder / "output.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    faulthandler.dump_traceback_later(LIMIT, exit=True)  # says where it hangs
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        del os.environ[name]
    os.environ.update(environment, HOME=str(folder))
    os.chdir(folder)
    for config in configs:
        run = RunFolder(folder / "runs" / "super_resolution" / config["name"])
        run.checkpoints.mkdir(parents=True, exist_ok=True)
        before = dict(os.environ)
        try:
            train(run, config, start, end, parent)
        except TrainingInterrupted as stop:
            sys.exit(128 + stop.number)
        leaked = {name: value for name, value in os.environ.items() if before.get(name) != value}
        assert not leaked, leaked
        assert os.environ.keys() == before.keys()


class Training:
    """One process that trains; ``with`` waits for its end."""

    def __init__(
        self,
        folder: Path,
        *configs: dict[str, Any],
        environment: dict[str, str] | None = None,
        start: int = 1,
        end: str = "finishes",
    ) -> None:
        self.parent, child = _PROCESSES.Pipe()
        arguments = (folder, list(configs), environment or {}, start, end, child)
        self.process = _PROCESSES.Process(target=_process, args=arguments)
        self.process.start()
        self.output = folder / "output.txt"

    def reach_middle(self) -> None:
        assert self.parent.poll(LIMIT), f"the middle was not reached: {self.output.read_text()}"
        self.parent.recv()

    def go_on(self) -> None:
        self.parent.send("go on")

    def end(self) -> int | None:
        """Its exit code.

        Raises:
            AssertionError: it hangs.
        """
        self.process.join(LIMIT)
        hangs = self.process.is_alive()
        self.process.kill()
        assert not hangs, self.output.read_text()
        return self.process.exitcode

    def kill(self) -> None:
        os.kill(self.process.pid or 0, signal.SIGKILL)
        self.process.join()


# What it leaves


def run_folder(folder: Path, name: str = "quickstart") -> Path:
    return folder / "runs" / "super_resolution" / name


def logs(folder: Path) -> list[WandbLog]:
    return [log for log in map(WandbLog.read, log_files(run_folder(folder))) if log.run]


def iterations(rows: list[dict[str, Any]]) -> list[int]:
    return [row["iteration"] for row in rows if "loss/pixel" in row]


def csv_iterations(folder: Path) -> list[int]:
    with (run_folder(folder) / "metrics.csv").open() as file:
        return [int(row["iteration"]) for row in csv.DictReader(file)]


def wait_for_rows(folder: Path, count: int, kind: str = "history") -> None:
    """Until W&B, which writes its log every second, has written so many rows, or records of another kind, of a run."""
    deadline = time.monotonic() + LIMIT
    while sum(len(log.of(kind)) for log in logs(folder)) < count:
        assert time.monotonic() < deadline, f"W&B has not written {count} records of {kind}"
        time.sleep(0.1)


def finish(training: Training, meanwhile: Callable[[], None] = lambda: None) -> int | None:
    training.reach_middle()
    meanwhile()
    training.go_on()
    return training.end()


def _sync(run: Path, patience: float, environment: dict[str, str], reports: Path, errors: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # Files and not pipes: W&B's own background process keeps what it inherits open.
    for number, path in ((1, reports), (2, errors)):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
    faulthandler.dump_traceback_later(1.5 * LIMIT, exit=True)  # says where it hangs
    try:
        for report in sync([run], patience=patience):
            print(report)
    except UserError as error:
        print(error, file=sys.stderr)
    finally:
        wandb.teardown()  # as a command does when it ends


def synced(folder: Path, server: FakeWandb, patience: float = LIMIT, **environment: str) -> tuple[str, str]:
    """What syncing the run says: its reports, and its error."""
    told = folder / "reports.txt", folder / "errors.txt"
    own = {**os.environ, **server.environment, "HOME": str(folder), **environment}
    process = _PROCESSES.Process(target=_sync, args=(run_folder(folder), patience, own, *told))
    process.start()
    process.join(2 * LIMIT)
    assert process.exitcode == 0, told[1].read_text()
    reports, errors = (path.read_text().strip() for path in told)
    return reports, errors
