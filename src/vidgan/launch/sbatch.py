"""The sbatch script of one job, or of a sweep as one array: what ``dry_run=true`` prints and SLURM runs."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from vidgan.errors import UserError
from vidgan.launch.job import LOG
from vidgan.record.folder import ERROR, FINISHED, PRUNED

# Options that follow from the configuration; setting them again would set the ranks of SLURM and Lightning apart.
_DERIVED = {
    "nodes",
    "ntasks",
    "ntasks-per-node",
    "gpus",
    "gpus-per-node",
    "gres",
    "array",
    "requeue",
    "signal",
    "output",
}

# SLURM itself requeues after the failure of a node. All else that ends a job early is requeued by the script, outside
# of the container and after all ranks have left; not so an error that another attempt would meet again (the worker
# leaves its error file), nor a run that has ended, nor a job that was cancelled (it is no longer RUNNING). At its limit
# SLURM ends the script too, so a job that has not heeded the signal, for its validation is long, is ended a little
# before.
_BODY = """
folders=(
{folders}
)
folder=${{folders[${{SLURM_ARRAY_TASK_ID:-0}}]}}
job=${{SLURM_ARRAY_JOB_ID:+${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID}}
job=${{job:-$SLURM_JOB_ID}}
exec >>"$folder/{log}" 2>&1
trap : TERM USR1
echo "SLURM job $job, attempt $((${{SLURM_RESTART_COUNT:-0}} + 1)), on $SLURM_JOB_NODELIST"
rm -f "$folder/{error}"
{setup}
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK OMP_NUM_THREADS=${{OMP_NUM_THREADS:-$SLURM_CPUS_PER_TASK}}
end=$(date -d "$(squeue -h -j "$job" -o %e)" +%s 2>/dev/null) && limit=$((end - $(date +%s) - {margin}))
code=0
timeout -s KILL "${{limit:-0}}" {command} "$folder" || code=$?
if [ "$code" -ne 0 ] && [ ! -e "$folder/{error}" ] && [ "${{SLURM_RESTART_COUNT:-0}}" -lt {max_requeues} ] &&
  ! grep -Eqs '"state": "({ended})"' "$folder/summary.json" &&
  scontrol show job "$job" | grep -q "JobState=RUNNING"; then
  echo "Ended with status $code: requeued."
  scontrol requeue "$job"
fi
exit "$code"
"""
_MARGIN = 10


def gpus(machine: DictConfig) -> int:
    """GPUs of each node that a preset asks for.

    Raises:
        UserError: the preset leaves open what the ranks follow from.
    """
    for key in ("devices", "num_nodes"):
        if not str(machine[key]).isdigit() or int(machine[key]) < 1:
            raise UserError(f"machine.{key} is '{machine[key]}'; SLURM has to be asked for a number of them.")
    if machine.accelerator not in ("gpu", "cuda", "cpu"):
        raise UserError(f"machine.accelerator is '{machine.accelerator}'; under SLURM say gpu or cpu.")
    return 0 if machine.accelerator == "cpu" else int(machine.devices)


def _options(name: str, machine: DictConfig, jobs: int) -> dict[str, Any]:
    """sbatch's options by their long names; None is left out, True has no value."""
    slurm, wanted = machine.slurm, gpus(machine)
    if clash := sorted(_DERIVED & set(slurm.options)):
        raise UserError(f"machine.slurm.options.{clash[0]} follows from the rest of machine; leave it out.")
    parallel = "" if slurm.array_parallelism is None else f"%{slurm.array_parallelism}"
    return {
        # Lightning takes jobs named bash or interactive for a shell in which every process is alone.
        "job-name": f"vidgan-{name}",
        "array": f"0-{jobs - 1}{parallel}" if jobs > 1 else None,
        "partition": slurm.partition,
        "account": slurm.account,
        "qos": slurm.qos,
        "constraint": slurm.constraint,
        "nodes": machine.num_nodes,
        "ntasks-per-node": machine.devices,
        "cpus-per-task": slurm.cpus_per_task,
        "gpus-per-node": ":".join(filter(None, [slurm.gpu_type, str(wanted)])) if wanted else None,
        "mem": slurm.mem,
        "time": slurm.time,
        "signal": f"USR1@{slurm.signal_seconds}",
        "requeue": True,
        "open-mode": "append",
        "output": "/dev/null",  # each job of an array writes into its own run folder
        **slurm.options,
    }


def _command(machine: DictConfig) -> str:
    slurm = machine.slurm
    label = ["--label"] if int(machine.devices) * machine.num_nodes > 1 else []
    python = slurm.python or ("python" if slurm.container else sys.executable)
    words = ["srun", "--kill-on-bad-exit=1", *label, *slurm.srun, *slurm.container]
    return shlex.join([*words, python, "-u", "-m", "vidgan.launch.worker"])


def script(name: str, folders: Sequence[Path], machine: DictConfig) -> str:
    """The whole script.

    Args:
        name: of the job, as squeue shows it.
        folders: run folders, one a job of the array.
        machine: the preset, with ``slurm`` in it.

    Raises:
        UserError: the preset cannot be submitted.
    """
    header = ["#!/bin/bash"]
    for key, value in _options(name, machine, len(folders)).items():
        if value is not None:
            header.append(f"#SBATCH --{key}" if value is True else f"#SBATCH --{key}={shlex.quote(str(value))}")
    if broken := [line for line in header if "\n" in line]:
        raise UserError(f"machine.slurm: '{broken[0]}' is more than one line.")
    body = _BODY.format(
        folders="\n".join(f"  {shlex.quote(str(folder))}" for folder in folders),
        setup="\n".join(machine.slurm.setup),
        command=_command(machine),
        max_requeues=machine.slurm.max_requeues,
        margin=_MARGIN,
        log=LOG,
        error=ERROR,
        ended=f"{FINISHED}|{PRUNED}",
    )
    return "\n".join(header) + body
