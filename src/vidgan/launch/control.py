"""What ``vidgan-runs`` does: shows runs, ends them, queues them again, follows their logs."""

import os
import re
import signal
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from vidgan.config.registration import register
from vidgan.config.schema_check import keep_to_schema
from vidgan.errors import UserError, printable
from vidgan.experiment.terminal import show_lines
from vidgan.launch import cluster, slurm
from vidgan.launch.job import JOB, LOG, TrainingJob
from vidgan.launch.ownership import refuse_commands, refuse_elsewhere, refuse_foreign
from vidgan.launch.status import QUEUED, Status, run_folders, statuses
from vidgan.record.folder import ERROR, FAILED, RUNNING, RunFolder
from vidgan.tracking.sync import sync

_FOLLOW_SECONDS = 0.5
_HEADS = ("run", "task", "state", "point", "iteration", "job", "newest metric", "age")
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def show(runs: Path, part: str) -> None:
    """Prints the runs of which id, task, state or label contains ``part``: a line each, or two on a narrow terminal."""
    rows, faults = _rows(statuses(run_folders(runs)))
    console = Console(highlight=False, markup=False)
    if chosen := [row for row in rows if any(part in word for word in row[:4])]:
        show_lines(console, _HEADS, chosen)
    else:
        console.print(f"There are no such runs in {runs}.")
    for fault in faults:
        console.print(f"left out: {printable(fault)}", soft_wrap=True)


def _rows(found: Iterable[Status]) -> tuple[list[tuple[str, ...]], list[str]]:
    """What is shown of each run, and of those whose records are damaged why they are left out."""
    rows, faults = [], []
    for status in found:
        try:
            rows.append(_row(status))
        except UserError as error:  # one damaged run is no reason to show none
            faults.append(str(error))
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError) as error:
            faults.append(f"{status.folder.path}: what it recorded is damaged ({error}).")
    return rows, faults


def _row(status: Status) -> tuple[str, ...]:
    total = status.iterations
    metric = "" if status.metric is None else f"{status.metric[0]} {status.metric[1]:.4g}"
    word = f" {status.slurm}" if status.slurm not in (None, "RUNNING", "COMPLETED") else ""
    job = f"{status.job or ''}{word}"
    iteration = f"{status.iteration}" + (f"/{total}" if total else "")
    task, label = status.folder.path.parent.name, status.folder.summary.get("label") or ""
    row = (status.folder.id, task, status.state, label, iteration, job, metric, _readable(status.age))
    return tuple(map(printable, row))


def _readable(seconds: float) -> str:
    """A duration in its largest unit: ``3 h``."""
    unit, size = next((item for item in _UNITS if seconds >= item[1]), _UNITS[-1])
    return f"{seconds / size:.0f} {unit}"


def _status(folder: RunFolder) -> Status:
    return statuses([folder])[0]


def cancel(folder: RunFolder) -> str:
    """Ends a run after a checkpoint; returns one sentence that says how.

    Raises:
        UserError: it does not run, or not where it could be ended from here.
    """
    status = _status(folder)
    if status.slurm in cluster.ACTIVE:
        refuse_foreign(folder, slurm.RECORD)
        cluster.ask("scancel", str(status.job))
        return f"SLURM job {status.job} is cancelled."
    process = _process(folder)
    try:
        if not _works_on(process, folder):
            raise UserError(f"{folder.path / '.lock'} names process {process}, which does not work on this run.")
        os.kill(process, signal.SIGTERM)
    except PermissionError:
        raise UserError(f"Run {folder.id} is being worked on by another user, who alone can cancel it.") from None
    except (ProcessLookupError, OverflowError):
        raise UserError(f"Run {folder.id} has just ended; there is nothing to cancel.") from None
    return f"Process {process} is asked to write its checkpoint and end."


def _process(folder: RunFolder) -> int:
    """The process on this machine that works on a run."""
    text = (folder.path / ".lock").read_text(encoding="utf-8", errors="replace") if folder.is_locked else ""
    match = re.fullmatch(r"process (\d+) on (.*)", text)
    if match is None:
        raise UserError(f"Run {folder.id} is {_status(folder).state}; there is nothing to cancel.")
    if match[2] != socket.gethostname():
        raise UserError(f"Run {folder.id} is being worked on by {text}; cancel it there.")
    return int(match[1])


def _works_on(process: int, folder: RunFolder) -> bool:
    """Whether a process has a run's lock open, as far as the system tells.

    Raises:
        PermissionError: it is another user's.
    """
    opened, lock = Path(f"/proc/{process}/fd"), folder.path / ".lock"
    if not opened.is_dir():
        return not Path("/proc/self/fd").is_dir()
    return any(file.exists() and file.samefile(lock) for file in opened.iterdir())


def requeue(folder: RunFolder, runs: Path) -> str:
    """Has SLURM begin another attempt: of a running job after its checkpoint, of one that has ended as a new job.

    Args:
        folder: of the run.
        runs: the folder of all runs.

    Raises:
        UserError: the run never was on a cluster, waits already, or is finished; or it is somewhere else, another
            user's, or would run commands that its folder brings along.
    """
    refuse_elsewhere(folder, runs)
    status = _status(folder)
    if status.job is None:
        raise UserError(f"Run {folder.id} was not submitted to SLURM; run its command again and it goes on.")
    if status.state == QUEUED:
        raise UserError(f"Run {folder.id} is queued already, as SLURM job {status.job}.")
    refuse_foreign(folder, slurm.RECORD, JOB)
    if status.slurm == "RUNNING":
        cluster.ask("scancel", "--signal=USR1", status.job)
        return f"SLURM job {status.job} writes its checkpoint and is requeued."
    if status.state == RUNNING:
        raise UserError(f"Run {folder.id} is running outside of SLURM; cancel it first.")
    register()
    job = TrainingJob.read(folder.path)
    if job.finished:
        raise UserError(f"Run {folder.id} is finished; there is nothing to go on with.")
    keep_to_schema(job.config)
    if job.config.machine.slurm is None:
        raise UserError(f"{folder.path / JOB} is of a run that was not submitted to SLURM; run its command again.")
    refuse_commands(folder, job.config.machine.slurm)
    slurm.run_jobs([job])
    return f"SLURM job {slurm.job_id(folder)} goes on with it."


def upload(folders: Sequence[RunFolder]) -> bool:
    """Uploads the W&B logs of runs and tells how far they are on the server; whether all are whole there.

    Raises:
        UserError: there is no network or no valid key.
    """
    reports = sync([folder.path for folder in folders], told=print)
    if not reports:
        print("There is nothing to upload.")
    return all(report.complete for report in reports)


def logs(folder: RunFolder, lines: int, follow: bool) -> None:
    """Prints the end of a run's log, then why it failed if it did; with ``follow`` what is added to the log.

    Raises:
        UserError: there is none; a run that was started in a terminal has written to it.
    """
    path, failure = folder.path / LOG, _failure(folder)
    if not path.is_file():
        if failure is None:
            raise UserError(f"Run {folder.id} has no {LOG}: it has not started, or it was run in a terminal.")
        print(failure)
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        print("".join(deque(file, maxlen=lines)), end="", flush=True)
        if failure is not None:
            print(failure, flush=True)
        while follow:
            print(file.read(), end="", flush=True)
            time.sleep(_FOLLOW_SECONDS)


def _failure(folder: RunFolder) -> str | None:
    """Why a run failed, in a sentence; None for one that has not."""
    status = _status(folder)
    if status.state != FAILED:
        return None
    path = folder.path / ERROR  # of a process that could not write its own end
    written = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0] if path.is_file() else None
    reason = folder.summary.get("error") or written or "why is not recorded"
    return printable(f"failed at iteration {status.iteration}: {reason}")
