"""What runs there are and how they fare, judged by what is going on rather than by what was last written down."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vidgan.config.recorded import read_values
from vidgan.errors import UserError
from vidgan.launch import cluster
from vidgan.launch.job import JOB, LOG
from vidgan.launch.slurm import job_id
from vidgan.record.folder import ERROR, FAILED, RUNNING, RunFolder
from vidgan.record.tables import Table, refuse_changed_tables

#: A run that is waiting for SLURM; one whose process is gone before its end.
QUEUED, STOPPED = "queued", "stopped"


@dataclass(frozen=True)
class Status:
    """A run as it stands.

    Attributes:
        folder: where it lives.
        job: its SLURM job, if it has one.
        slurm: SLURM's word on that job, e.g. TIMEOUT; None where it has none.
    """

    folder: RunFolder
    job: str | None = None
    slurm: str | None = None

    @cached_property
    def state(self) -> str:
        """running, queued, stopped, finished, failed or pruned."""
        recorded = self.folder.summary.get("state", RUNNING)
        if self.slurm in cluster.ACTIVE:
            return RUNNING if self.slurm == "RUNNING" else QUEUED
        if recorded == RUNNING and not self.folder.is_locked:
            return FAILED if (self.folder.path / ERROR).is_file() else STOPPED
        return recorded

    @property
    def iteration(self) -> int:
        return self.folder.summary.get("iteration", 0)

    @cached_property
    def _config(self) -> dict[str, Any]:
        path = self.folder.path / "config.yaml"
        return read_values(path) if path.is_file() else {}

    @property
    def iterations(self) -> int | None:
        """How many there are to be; None before a run has started."""
        return self._config.get("engine", {}).get("iterations")

    @cached_property
    def metric(self) -> tuple[str, float] | None:
        """The newest value of the metric that decides which checkpoint is best, or of the first one."""
        name = self._config.get("validation", {}).get("monitor")
        measured = self.folder.summary.get("metrics") or self._validated()
        name = name if name in measured else next(iter(measured), None)
        return (name, measured[name]) if name is not None else None

    def _validated(self) -> dict[str, float]:
        refuse_changed_tables(self.folder)
        measured: dict[str, float] = {}
        for row in Table(self.folder.path / "metrics.csv").rows():
            measured |= {k.removeprefix("val/"): float(v) for k, v in row.items() if v and k.startswith("val/")}
        return measured

    @property
    def age(self) -> float:
        """Seconds since it last wrote anything down."""
        written = [self.folder.path / name for name in ("summary.json", "metrics.csv", LOG, JOB)]
        return time.time() - max(path.stat().st_mtime for path in written if path.is_file())


def statuses(folders: Iterable[RunFolder]) -> list[Status]:
    """How runs fare; SLURM is asked once for all."""
    jobs = {folder: _job(folder) for folder in folders}
    states = cluster.states(filter(None, jobs.values()))
    return [Status(folder, job, states.get(job) if job else None) for folder, job in jobs.items()]


def _job(folder: RunFolder) -> str | None:
    """Its SLURM job; none where that cannot be read, which is told where the rest of the run is."""
    try:
        return job_id(folder)
    except UserError:
        return None


def run_folders(runs: Path) -> list[RunFolder]:
    """All run folders, those whose job has not started yet too."""
    found = {path.parent for name in ("summary.json", JOB) for path in runs.glob(f"*/*/{name}")}
    return [RunFolder(path) for path in sorted(found)]
