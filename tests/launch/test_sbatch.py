"""The sbatch script says what the preset says; SLURM's tasks are Lightning's ranks."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from vidgan.errors import UserError
from vidgan.launch.sbatch import script
from vidgan.record.folder import RunFolder

Composed = Callable[..., DictConfig]


def options(text: str) -> dict[str, str]:
    found = re.findall(r"^#SBATCH --([\w-]+)(?:=(.*))?$", text, flags=re.MULTILINE)
    return {key: "".join(shlex.split(value)) for key, value in found}


def test_nodes_tasks_and_gpus_follow_from_the_machine(composed: Composed) -> None:
    preset = ["machine.num_nodes=3", "machine.devices=4", "machine.slurm.gpu_type=a100", "machine.slurm.time=2-00"]
    names = ["machine.slurm.partition=big", "machine.slurm.account=lab", "machine.slurm.qos=long"]
    asked = options(script("x", [Path("/runs/a")], composed("machine=slurm", *preset, *names).machine))
    assert asked["nodes"] == "3"
    assert asked["ntasks-per-node"] == "4"
    assert asked["gpus-per-node"] == "a100:4"
    assert [asked[name] for name in ("partition", "account", "qos", "time")] == ["big", "lab", "long", "2-00"]
    assert asked["signal"] == "USR1@120"
    assert "requeue" in asked
    assert "array" not in asked


def test_a_sweep_is_one_array(composed: Composed) -> None:
    folders = [Path("/runs/a"), Path("/runs/it's b"), Path("/runs/$c")]
    config = composed("machine=slurm", "machine.slurm.array_parallelism=2")
    text = script("x", folders, config.machine)
    assert options(text)["array"] == "0-2%2"
    assignment = text[text.index("folders=(") : text.index("job=")]
    for number, folder in enumerate(folders):
        shell = f'SLURM_ARRAY_TASK_ID={number}\n{assignment}\necho "$folder"'
        assert subprocess.run(["bash", "-c", shell], capture_output=True, text=True).stdout == f"{folder}\n"


def test_no_job_is_taken_for_an_interactive_shell(composed: Composed) -> None:
    assert options(script("bash", [Path("/a")], composed("machine=slurm").machine))["job-name"] == "vidgan-bash"


def test_a_container_is_between_srun_and_python(composed: Composed) -> None:
    container = "machine.slurm.container=[apptainer,exec,--nv,vidgan.sif]"
    srun = "machine.slurm.srun=['--container-mounts=/data:/data']"
    text = script("x", [Path("/a")], composed("machine=slurm", container, srun).machine)
    words = "'--container-mounts=/data:/data'|--container-mounts=/data:/data"
    assert re.search(f"srun --kill-on-bad-exit=1 ({words}) apptainer exec --nv vidgan.sif python -u -m", text)


def test_further_options_are_passed_on_and_derived_ones_are_not_overridden(composed: Composed) -> None:
    config = composed("machine=slurm", "+machine.slurm.options.mail-type=END", "+machine.slurm.options.exclusive=true")
    asked = options(script("x", [Path("/a")], config.machine))
    assert asked["mail-type"] == "END"
    assert asked["exclusive"] == ""
    config = composed("machine=slurm", "+machine.slurm.options.ntasks=3")
    with pytest.raises(UserError, match=r"machine\.slurm\.options\.ntasks follows from the rest of machine"):
        script("x", [Path("/a")], config.machine)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("machine.devices=auto", r"machine\.devices is 'auto'; SLURM has to be asked for a number"),
        ("machine.devices=0", r"machine\.devices is '0'"),
        ("machine.accelerator=auto", r"machine\.accelerator is 'auto'; under SLURM say gpu or cpu"),
    ],
)
def test_what_the_ranks_follow_from_must_be_said(composed: Composed, override: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        script("x", [Path("/a")], composed("machine=slurm", override).machine)


def test_every_script_is_one_that_bash_reads(composed: Composed) -> None:
    text = script("x", [Path("/a")], composed("machine=slurm", "machine.slurm.setup=['module load cuda']").machine)
    assert "\nmodule load cuda\n" in text
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)


#: SLURM's commands, as the script needs them of a job that runs; its step is ended by SIGUSR1.
CLUSTER = {
    "srun": "exit 138",
    "squeue": "date -d '1 hour' +%FT%T",
    "scontrol": "[ $1 = show ] && echo JobState=RUNNING || echo requeued",
}


@pytest.mark.parametrize(
    ("state", "error", "requeued"),
    [("running", False, True), ("running", True, False), ("finished", False, False), ("pruned", False, False)],
)
def test_a_job_that_ended_is_not_requeued(
    composed: Composed, tmp_path: Path, state: str, error: bool, requeued: bool
) -> None:
    run = RunFolder(tmp_path)
    run.update_summary(state=state)
    for name, body in CLUSTER.items():
        failing = f"touch {tmp_path}/error.txt\n" if error and name == "srun" else ""
        (tmp_path / name).write_text(f"#!/bin/bash\n{failing}{body}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "1"}
    text = script("x", [tmp_path], composed("machine=slurm").machine)
    assert subprocess.run(["bash"], input=text, text=True, env=environment).returncode == 138
    assert ("requeued" in (tmp_path / "log.txt").read_text().splitlines()) == requeued
