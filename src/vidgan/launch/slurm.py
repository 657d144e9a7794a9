"""Jobs on a SLURM cluster: submitted once, as one array, after the cluster was asked whether it takes them."""

import time
from collections.abc import Sequence

from rich.console import Console

from vidgan.errors import UserError
from vidgan.experiment.folder import RunFolder, write_atomically, write_json
from vidgan.launch import cluster, sbatch
from vidgan.launch.job import LOG, Job

_RECORD, _SCRIPT = "slurm.json", "job.sbatch"
_POLL_SECONDS = 5.0


def job_id(folder: RunFolder) -> str | None:
    """The id of a run's newest SLURM job, e.g. ``12`` or ``12_3``; None for a run that never was on a cluster."""
    return folder.read(_RECORD).get("job")


def is_queued(folder: RunFolder) -> bool:
    """Whether a run waits for SLURM or is run by it."""
    id = job_id(folder)
    return id is not None and cluster.states([id]).get(id) in cluster.ACTIVE


def queue(jobs: Sequence[Job]) -> None:
    """Queues jobs as one array, or with ``dry_run`` prints the script.

    What is finished or queued already is left alone. With ``wait`` it returns when all have ended.

    Raises:
        UserError: there is no SLURM here, or the preset is not what this cluster has; nothing is queued then.
    """
    config = jobs[0].config
    if config.dry_run:
        print(_script(jobs))
        return
    console = Console(highlight=False, soft_wrap=True)
    new = []
    for job in jobs:
        if job.finished:
            console.print(f"[bold]{job.id}[/bold]  {job.reason}")
        elif is_queued(job.folder):
            console.print(f"[bold]{job.id}[/bold]  Queued already, as SLURM job {job_id(job.folder)}.")
        else:
            new.append(job)
    if new:
        _submit(new, console)
    if config.machine.slurm.wait:
        wait(jobs)


def _script(jobs: Sequence[Job]) -> str:
    config = jobs[0].config
    if any(job.config.machine != config.machine for job in jobs):
        raise UserError("The points of a sweep differ in machine, but an array of jobs has one; submit them apart.")
    return sbatch.script(config.name, [job.folder.path for job in jobs], config.machine)


def _submit(jobs: Sequence[Job], console: Console) -> None:
    script = _script(jobs)
    cluster.check(script, jobs[0].config.machine.slurm)
    for job in jobs:
        write_atomically(job.write() / _SCRIPT, script)
    array = cluster.submit(script)
    for number, job in enumerate(jobs):
        id = f"{array}_{number}" if len(jobs) > 1 else array
        write_json(job.folder.path / _RECORD, {"job": id, "submitted": time.strftime("%Y-%m-%dT%H:%M:%S%z")})
        console.print(f"[bold]{job.id}[/bold]  Submitted as SLURM job {id}; its log: {job.folder.path / LOG}")


def wait(jobs: Sequence[Job]) -> None:
    """Returns when none of these jobs is queued or running any more; Ctrl-C ends the waiting, not the jobs."""
    ids = {id for job in jobs if (id := job_id(job.folder))}
    while any(state in cluster.ACTIVE for id, state in cluster.states(ids).items() if id in ids):
        time.sleep(_POLL_SECONDS)
