"""Jobs as fresh processes of this machine, some at a time.

Own code because Hydra's launchers run jobs inside one process or in a pool of them: there a second device re-runs the
whole sweep, and a job that is killed takes the others with it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from vidgan.engine.hardware import cores
from vidgan.experiment.build import device_kind, world_size
from vidgan.launch.job import LOG, TrainingJob
from vidgan.launch.job_result import Outcome, State, outcome_of

_POLL = 0.05  # seconds
#: What one process tells its own ranks, and no other job may hear.
_OF_RANKS = (
    "LOCAL_RANK",
    "RANK",
    "WORLD_SIZE",
    "NODE_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
    "PL_GLOBAL_SEED",
    "VIDGAN_RUN_FOLDER",
)


def share_of(slot: int, each: int, devices: list[str]) -> list[str]:
    """The GPUs of the job in a slot, ``each`` of them; slots share in turn where there are too few."""
    return [devices[(slot * each + index) % len(devices)] for index in range(min(each, len(devices)))]


class LocalProcesses:
    """Running jobs, each in a session of its own so that it ends with all that it started.

    Args:
        n_jobs: at a time.
    """

    def __init__(self, n_jobs: int) -> None:
        self.n_jobs = n_jobs
        self._slots = list(range(n_jobs))
        self._running: dict[int, tuple[TrainingJob, subprocess.Popen[bytes]]] = {}

    @property
    def count(self) -> int:
        return len(self._running)

    @property
    def free(self) -> bool:
        return bool(self._slots)

    def start(self, job: TrainingJob) -> None:
        """Writes the job down and starts its process; its output goes to ``log.txt`` in the run folder."""
        slot = self._slots.pop(0)
        path = job.write()
        with (path / LOG).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "vidgan.launch.worker", str(path)],
                env=self._environment(job, slot),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[slot] = job, process

    def ended(self) -> list[Outcome]:
        """The jobs that have ended since the last call."""
        outcomes = []
        for slot, (job, process) in list(self._running.items()):
            code = process.poll()
            if code is not None:
                _kill_session(process.pid)
                del self._running[slot]
                self._slots = sorted([*self._slots, slot])
                outcomes.append(outcome_of(job, code))
        return outcomes

    def signal(self, number: int) -> None:
        """Hands a signal to each job's first rank, which stops the others with itself."""
        for _, process in self._running.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    def kill(self) -> None:
        """Ends all at once."""
        for _, process in self._running.values():
            _kill_session(process.pid)

    def _environment(self, job: TrainingJob, slot: int) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if name not in _OF_RANKS}
        if self.n_jobs > 1:  # or every job would use all cores, and all jobs the first GPU
            environment.setdefault("OMP_NUM_THREADS", str(max(1, cores() // self.n_jobs)))
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
            devices = visible.split(",") if visible else [str(i) for i in range(torch.cuda.device_count())]
            if devices and device_kind(job.config.machine) == "cuda":
                environment["CUDA_VISIBLE_DEVICES"] = ",".join(share_of(slot, world_size(job.config.machine), devices))
        return environment


def _kill_session(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


class Counts(Progress):
    """One live line, if ``shown``: how many jobs run, are done and failed. The end of each is told in any case."""

    def __init__(self, total: int | None, shown: bool = True) -> None:
        super().__init__(
            SpinnerColumn(),
            TextColumn("[bold]jobs"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[running]} running, {task.fields[failed]} failed"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            refresh_per_second=2,
            disable=not shown,
        )
        self._task = self.add_task("", total=total, running=0, failed=0)
        self._failed = 0

    def ended(self, outcome: Outcome) -> None:
        self._failed += outcome.state is State.FAILED
        told = f"{outcome.state} {outcome.job.label}" + (f": {outcome.error}" if outcome.error else "")
        self.console.print(told, highlight=False, markup=False, soft_wrap=True)
        self.advance(self._task)

    def show(self, running: int) -> None:
        self.update(self._task, running=running, failed=self._failed)


def run_jobs(
    next_job: Callable[[], TrainingJob | None],
    on_end: Callable[[Outcome], None],
    n_jobs: int,
    total: int | None,
    progress: bool = True,
) -> int | None:
    """Runs jobs until there is none left and none runs.

    Args:
        next_job: asked for a job whenever a process is free; None means that there is none now.
        on_end: told of each job's end; may make a further job available.
        n_jobs: at a time.
        total: number of jobs, for the progress.
        progress: whether the live line is drawn.

    Returns:
        The number of the signal that stopped it, else None. The jobs were given the same signal and have written their
        checkpoints.
    """
    processes = LocalProcesses(n_jobs)
    stopped_by: int | None = None
    with _noting_signals() as signals, Counts(total, progress) as counts:
        try:
            while True:
                while signals:
                    stopped_by = signals.pop(0)
                    processes.signal(stopped_by)
                while processes.free and stopped_by is None and (job := next_job()) is not None:
                    processes.start(job)
                counts.show(processes.count)
                if processes.count == 0:
                    return stopped_by
                time.sleep(_POLL)
                for outcome in processes.ended():
                    counts.ended(outcome)
                    on_end(outcome)
        finally:
            processes.kill()


@contextmanager
def _noting_signals() -> Iterator[list[int]]:
    """Inside, SIGINT and SIGTERM do no more than to be added to the list that it gives."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
