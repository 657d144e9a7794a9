"""Jobs on a SLURM cluster: submitted once, as one array, after the cluster was asked whether it takes them."""

import re
import time
from collections.abc import Sequence

from rich.console import Console

from vidgan.console import say
from vidgan.errors import UserError
from vidgan.launch import cluster, sbatch
from vidgan.launch.job import LOG, TrainingJob
from vidgan.launch.job_result import Outcome, State
from vidgan.record.folder import FINISHED, PRUNED, RunFolder, write_atomically, write_json

RECORD, _SCRIPT = "slurm.json", "job.sbatch"
_POLL_SECONDS = 5.0


def job_id(folder: RunFolder) -> str | None:
    """The id of a run's newest SLURM job, e.g. ``12`` or ``12_3``; None for a run that never was on a cluster.

    Raises:
        UserError: what is recorded is no such id.
    """
    recorded = folder.read(RECORD).get("job")
    if recorded is not None and not re.fullmatch(r"\d+(_\d+)?", str(recorded)):
        raise UserError(f"{folder.path / RECORD} is damaged: {recorded!r} is no job of SLURM's.")
    return recorded


def script(jobs: Sequence[TrainingJob]) -> str:
    """The sbatch script of jobs, which is what ``dry_run`` shows.

    Raises:
        UserError: the preset cannot be submitted.
    """
    config = jobs[0].config
    if any(job.config.machine != config.machine for job in jobs):
        raise UserError("The points of a sweep differ in machine, but an array of jobs has one; submit them apart.")
    return sbatch.script(config.name, [job.folder.path for job in jobs], config.machine)


def run_jobs(jobs: Sequence[TrainingJob]) -> list[Outcome]:
    """Queues jobs as one array, those that are queued already aside; with ``wait`` it returns when all have ended.

    Raises:
        UserError: there is no SLURM here, or the preset is not what this cluster has; nothing is queued then.
    """
    queued = _queued(jobs)
    new = [job for job in jobs if job not in queued]
    for job in queued:
        _tell(f"{job.id}  Queued already, as SLURM job {job_id(job.folder)}.")
    if new:
        _submit(new)
    if not jobs or not jobs[0].config.machine.slurm.wait:
        return [Outcome(job, State.SUBMITTED) for job in jobs]
    _wait(jobs)
    return [_outcome(job) for job in jobs]


def _queued(jobs: Sequence[TrainingJob]) -> list[TrainingJob]:
    ids = [job_id(job.folder) for job in jobs]
    states = cluster.states(filter(None, ids))
    return [job for job, id in zip(jobs, ids, strict=True) if id and states.get(id) in cluster.ACTIVE]


def _submit(jobs: Sequence[TrainingJob]) -> None:
    text = script(jobs)
    cluster.check(text, jobs[0].config.machine.slurm)
    for job in jobs:
        write_atomically(job.write() / _SCRIPT, text)
    array = cluster.submit(text)
    for number, job in enumerate(jobs):
        id = f"{array}_{number}" if len(jobs) > 1 else array
        write_json(job.folder.path / RECORD, {"job": id, "submitted": time.strftime("%Y-%m-%dT%H:%M:%S%z")})
        _tell(f"{job.id}  Submitted as SLURM job {id}; its log: {job.folder.path / LOG}")


def _tell(line: str) -> None:
    say(line)


def _wait(jobs: Sequence[TrainingJob]) -> None:
    """Returns when none of these jobs is queued or running any more; Ctrl-C ends the waiting, not the jobs."""
    with Console(stderr=True).status("waiting for SLURM; Ctrl-C leaves the jobs alone"):
        while _queued(jobs):
            time.sleep(_POLL_SECONDS)


def _outcome(job: TrainingJob) -> Outcome:
    """The end of a job that SLURM has left, as its run folder tells it."""
    state = job.folder.summary.get("state")
    if state in (FINISHED, PRUNED):
        return Outcome(job, State(state))
    if job.error is not None:
        return Outcome(job, State.FAILED, job.error)
    id = str(job_id(job.folder))
    return Outcome(job, State.FAILED, f"SLURM's job {id} ended as {cluster.states([id]).get(id, 'unknown')}.")
