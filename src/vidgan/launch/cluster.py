"""SLURM's commands: what there is, what is queued, what became of it."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterable

from omegaconf import DictConfig

from vidgan.errors import UserError

#: States of a job that still occupies the queue or a node.
ACTIVE = {
    "PENDING",
    "RUNNING",
    "COMPLETING",
    "CONFIGURING",
    "REQUEUED",
    "RESIZING",
    "SUSPENDED",
    "STOPPED",
    "SIGNALING",
}


def _environment() -> dict[str, str]:
    """Without what SLURM tells a job, which a job submitted from inside of another would take for options."""
    scrubbed = ("SLURM_", "SBATCH_", "SRUN_")
    return {k: v for k, v in os.environ.items() if not k.startswith(scrubbed) or k == "SLURM_CONF"}


def ask(*command: str, stdin: str | None = None) -> str:
    """The output of one of SLURM's commands.

    Raises:
        UserError: it is not installed, or it refuses; with its own words.
    """
    if shutil.which(command[0]) is None:
        raise UserError(
            f"machine=slurm: there is no {command[0]} on this machine; submit where SLURM is installed, or choose "
            f"another machine."
        )
    answer = subprocess.run(command, input=stdin, capture_output=True, text=True, env=_environment(), check=False)
    if answer.returncode:
        words = [line.split("error: ")[-1].strip() for line in answer.stderr.splitlines()]
        raise UserError(f"SLURM refuses: {'; '.join(filter(None, words)) or f'{command[0]} failed'}.")
    return answer.stdout


def _known(*command: str) -> set[str]:
    """The lines of an answer; none where this cluster does not answer, for it keeps no accounts."""
    try:
        return {line.strip() for line in ask(*command).splitlines() if line.strip()}
    except UserError:
        return set()


def refuse_unknown(slurm: DictConfig) -> None:
    """Checks names of the preset against what the cluster has.

    Raises:
        UserError: there is no such partition, account or QoS; it names those there are.
    """
    user = getpass.getuser()
    show = ("sacctmgr", "--noheader", "--parsable2", "show")
    questions = {
        "partition": ("sinfo", "--noheader", "--format=%R"),
        "account": (*show, "associations", f"user={user}", "format=account"),
        "qos": (*show, "qos", "format=name"),
    }
    for name, question in questions.items():
        wanted = set(slurm[name].split(",")) if slurm[name] is not None else set()
        known = _known(*question) if wanted else set()
        if known and wanted - known:
            raise UserError(
                f"machine.slurm.{name} is '{slurm[name]}', which this cluster does not have for {user}; it has "
                f"{', '.join(sorted(known))}."
            )


def check(script: str, slurm: DictConfig) -> None:
    """Asks the cluster whether it would take a script; queues nothing.

    Raises:
        UserError: it would not, and why.
    """
    ask("sbatch", "--version")
    refuse_unknown(slurm)
    ask("sbatch", "--test-only", stdin=script)


def submit(script: str) -> str:
    """Queues a script; returns the id of the job, or of the array.

    Raises:
        UserError: the cluster refuses it.
    """
    return ask("sbatch", "--parsable", stdin=script).split(";")[0].strip()


def states(ids: Iterable[str]) -> dict[str, str]:
    """The state of jobs (``12`` or ``12_3``) in SLURM's words, e.g. RUNNING, TIMEOUT; unknown ones are left out.

    squeue knows what is going on now; sacct, where there are accounts, what has ended.
    """
    wanted = sorted({id.split("_")[0] for id in ids})
    if not wanted:
        return {}
    jobs = f"--jobs={','.join(wanted)}"
    ended = _known("sacct", "--noheader", "--parsable2", "--allocations", jobs, "--format=JobID,State")
    # squeue knows no job that has ended long ago, and then refuses the whole question: it is asked for all of the user
    queued = _known("squeue", "--noheader", "--array", "--me", "--format=%i|%T")
    pairs = [line.split("|", 1) for line in (*ended, *queued)]
    return {id: state.split()[0] for id, state in pairs if id.split("_")[0] in wanted}
