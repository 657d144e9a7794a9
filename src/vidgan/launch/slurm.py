"""Jobs on a SLURM cluster: submitted once, as one array, after the cluster was asked whether it takes them."""

import time
from collections.abc import Sequence

from omegaconf import OmegaConf
from rich.console import Console

from vidgan.errors import UserError
from vidgan.experiment.folder import RunFolder, write_atomically, write_json
from vidgan.launch import cluster, sbatch
from vidgan.launch.job import Job

_RECORD = "slurm.json"
_POLL_SECONDS = 5.0


def job_id(folder: RunFolder) -> str | None:
    """The id of a run's newest SLURM job, e.g. ``12`` or ``12_3``; None for a run that never was on a cluster."""
    return folder.read(_RECORD).get("job")


def _script(jobs: Sequence[Job]) -> str:
    first = jobs[0].config
    for job in jobs:
        if OmegaConf.to_container(job.config.machine) != OmegaConf.to_container(first.machine):
            raise UserError("A sweep over machine is no sweep: the machine is not part of a run. Sweep something else.")
    return sbatch.script(first.name, [job.folder.path for job in jobs], first.machine)


def queue(jobs: Sequence[Job]) -> None:
    """Queues jobs as one array, or with ``dry_run`` prints the script; those that are queued already are left alone.

    Raises:
        UserError: there is no SLURM here, or the preset is not what this cluster has; nothing is queued then.
    """
    console = Console(highlight=False, soft_wrap=True)
    if jobs[0].config.dry_run:
        print(_script(jobs))
        return
    active = cluster.states(filter(None, (job_id(job.folder) for job in jobs)))
    new = []
    for job in jobs:
        id = job_id(job.folder)
        if id is not None and active.get(id) in cluster.ACTIVE:
            console.print(f"[bold]{job.folder.id}[/bold]  Queued already, as SLURM job {id}.")
        else:
            new.append(job)
    if not new:
        return
    script = _script(new)
    cluster.check(script, new[0].config.machine.slurm)
    for job in new:
        job.write()
        write_atomically(job.folder.path / "job.sbatch", script)
    array = cluster.submit(script)
    for number, job in enumerate(new):
        id = f"{array}_{number}" if len(new) > 1 else array
        write_json(job.folder.path / _RECORD, {"job": id, "submitted": time.strftime("%Y-%m-%dT%H:%M:%S%z")})
        console.print(
            f"[bold]{job.folder.id}[/bold]  Submitted as SLURM job {id}; its log is {job.folder.path}/log.txt"
        )


def wait(jobs: Sequence[Job]) -> None:
    """Returns when none of these jobs is queued or running any more."""
    ids = [id for job in jobs if (id := job_id(job.folder))]
    while cluster.ACTIVE & {state for id, state in cluster.states(ids).items() if id in ids}:
        time.sleep(_POLL_SECONDS)
