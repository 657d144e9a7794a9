"""``vidgan-runs`` tells how runs fare by what is going on, not by what was last written down."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from tests import preloaded
from vidgan.errors import UserError
from vidgan.launch import control, removal
from vidgan.launch.job import TrainingJob
from vidgan.launch.slurm import job_id
from vidgan.launch.status import Status
from vidgan.record.folder import RunFolder, find_run, write_json

CONFIG = "engine: {iterations: 100}\nvalidation: {monitor: psnr}\n"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run whose process is gone at iteration 40 of 100."""
    folder = RunFolder(tmp_path / "runs/super_resolution/sweep-1a2b3c4d")
    folder.path.mkdir(parents=True)
    (folder.path / "config.yaml").write_text(CONFIG)
    (folder.path / "metrics.csv").write_text("iteration,val/ssim,val/psnr\n20,0.5,21.5\n40,0.6,22.25\n45,,\n")
    folder.update_summary(id=folder.id, state="running", iteration=40)
    return folder


def listed(folder: Path, *arguments: str) -> str:
    answer = preloaded.run(folder, "runs", *arguments, env={**os.environ, "COLUMNS": "200"})
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_run_whose_process_is_gone_is_stopped(run: RunFolder, tmp_path: Path) -> None:
    row = listed(tmp_path).splitlines()[1].split()
    assert row[:6] == ["sweep-1a2b3c4d", "super_resolution", "stopped", "40/100", "psnr", "22.25"]


def test_a_run_that_a_process_works_on_is_running(run: RunFolder) -> None:
    with run.locked():
        assert Status(run).state == "running"
    assert Status(run).state == "stopped"


@pytest.mark.parametrize(
    ("slurm", "recorded", "state"),
    [
        ("PENDING", "running", "queued"),
        ("RUNNING", "running", "running"),
        ("RUNNING", "failed", "running"),
        ("TIMEOUT", "running", "stopped"),
        ("CANCELLED", "running", "stopped"),
        ("COMPLETED", "finished", "finished"),
        ("FAILED", "failed", "failed"),
        (None, "pruned", "pruned"),
    ],
)
def test_the_cluster_knows_better(run: RunFolder, slurm: str | None, recorded: str, state: str) -> None:
    run.update_summary(state=recorded)
    assert Status(run, "12", slurm).state == state


def test_a_finished_run_shows_its_test_score(run: RunFolder) -> None:
    run.update_summary(state="finished", metrics={"ssim": 0.9, "psnr": 30.5})
    assert Status(run).metric == ("psnr", 30.5)


def test_the_list_can_be_narrowed(run: RunFolder, tmp_path: Path) -> None:
    assert "sweep-1a2b3c4d" in listed(tmp_path, "list", "stopped")
    assert "sweep-1a2b3c4d" not in listed(tmp_path, "list", "finished")


def test_a_narrow_terminal_has_two_lines_a_run_and_a_pipe_one(
    run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    control.show(tmp_path / "runs", "")
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == [run.id, "super_resolution", "stopped", "40/100"]
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # what rich takes for a terminal
    monkeypatch.setenv("NO_COLOR", "1")
    control.show(tmp_path / "runs", "")
    name, facts = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out).splitlines()
    assert name == run.id
    assert facts.startswith("  super_resolution  stopped  40/100  psnr 22.25  ")


def test_points_of_a_sweep_are_told_apart(run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    control.show(tmp_path / "runs", "")
    assert "point" not in capsys.readouterr().out  # there is none
    run.update_summary(label="seed=1,weight=0.1")
    control.show(tmp_path / "runs", "weight=0.1")
    assert "seed=1,weight=0.1" in capsys.readouterr().out


def test_logs_are_the_last_lines(run: RunFolder, tmp_path: Path) -> None:
    (run.path / "log.txt").write_text("one\ntwo\nthree\n")
    assert listed(tmp_path, "logs", "sweep", "-n", "2") == "two\nthree\n"


def test_what_cannot_be_done_is_told(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is stopped; there is nothing to cancel"):
        control.cancel(run)
    with pytest.raises(UserError, match="was not submitted to SLURM; run its command again"):
        control.requeue(run, tmp_path / "runs")
    with pytest.raises(UserError, match=r"has no log\.txt"):
        control.logs(run, 10, follow=False)


def test_cancel_asks_the_process_on_this_machine(run: RunFolder) -> None:
    code = (
        "import sys, time; from pathlib import Path; from vidgan.record.folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked(): print('locked', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(run.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert control.cancel(run) == f"Process {process.pid} is asked to write its checkpoint and end."
        assert process.wait(timeout=600) == -15


def test_cancel_ends_no_process_that_does_not_work_on_the_run(run: RunFolder) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other, run.locked():
        (run.path / ".lock").write_text(f"process {other.pid} on {socket.gethostname()}")
        with pytest.raises(UserError, match=rf"names process {other.pid}, which does not work on this run"):
            control.cancel(run)
        assert other.poll() is None
        other.kill()


@pytest.fixture
def submitted(composed: Callable[..., DictConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run whose SLURM job has ended, where there is no SLURM."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return left_by_slurm(composed("machine=slurm"), tmp_path)


def left_by_slurm(config: DictConfig, folder: Path, job: str = "12") -> RunFolder:
    run = RunFolder(folder / "runs/super_resolution/later-1a2b3c4d")
    TrainingJob((), config, run).write()
    write_json(run.path / "slurm.json", {"job": job})
    return run


def test_a_run_of_ones_own_is_requeued(submitted: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no sbatch on this machine"):
        control.requeue(submitted, tmp_path / "runs")


@pytest.mark.parametrize("key", ["setup=[touch x]", "container=[sh]", "srun=[sh]", "python=sh", "options={wrap: sh}"])
def test_commands_are_not_taken_from_a_runs_folder(
    submitted: RunFolder, composed: Callable[..., DictConfig], tmp_path: Path, key: str
) -> None:
    sign = "+" if key.startswith("options") else ""
    left_by_slurm(composed("machine=slurm", f"{sign}machine.slurm.{key}"), tmp_path)
    name = key.partition("=")[0]
    with pytest.raises(UserError, match=rf"with machine\.slurm\.{name}, and commands are not taken from"):
        control.requeue(submitted, tmp_path / "runs")


def test_only_a_run_of_ones_own_is_requeued(submitted: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not in .*elsewhere itself"):
        control.requeue(submitted, tmp_path / "elsewhere")
    job = submitted.path / "job.yaml"
    job.rename(tmp_path / "job.yaml")
    job.symlink_to(tmp_path / "job.yaml")
    with pytest.raises(UserError, match=r"job\.yaml is not yours, and nothing is done that it says"):
        control.requeue(submitted, tmp_path / "runs")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", ["job.yaml", "slurm.json"])
def test_another_users_run_is_not_requeued(submitted: RunFolder, tmp_path: Path, name: str) -> None:
    os.chown(submitted.path / name, 65534, -1)
    with pytest.raises(UserError, match=rf"{name} is not yours"):
        control.requeue(submitted, tmp_path / "runs")


def test_what_is_no_job_of_slurms_is_never_handed_to_it(submitted: RunFolder, tmp_path: Path) -> None:
    write_json(submitted.path / "slurm.json", {"job": "--user=root"})
    with pytest.raises(UserError, match=r"slurm\.json is damaged: '--user=root' is no job of SLURM's"):
        job_id(submitted)


def test_a_run_that_waits_for_slurm_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "runs/super_resolution/later-1a2b3c4d"
    folder.mkdir(parents=True)
    (folder / "job.yaml").write_text("overrides: []\n")
    assert find_run(tmp_path / "runs", "later").path == folder
    assert Status(RunFolder(folder), "3", "PENDING").state == "queued"


def answered(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Questions that were asked; each gets the next answer."""
    asked: list[str] = []
    left = iter(answers)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or next(left))
    return asked


def test_remove_asks(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answered(monkeypatch, "", "y")
    assert removal.remove(run, tmp_path / "runs", yes=False) == "It is kept."
    assert run.path.is_dir()
    assert removal.remove(run, tmp_path / "runs", yes=False) == "It is removed."
    assert asked[0].startswith("Remove sweep-1a2b3c4d (stopped, ")
    assert list((tmp_path / "runs/super_resolution").iterdir()) == []


def test_the_only_finished_copy_needs_a_word(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, "yes")
    run.update_summary(state="finished")
    with pytest.raises(UserError, match="is the only finished copy of its experiment"):
        removal.remove(run, tmp_path / "runs", yes=False)
    revision = RunFolder(run.path.with_name(f"{run.id}-r2"))
    revision.path.mkdir()
    (revision.path / "config.yaml").write_text(CONFIG)
    revision.update_summary(state="failed")
    with pytest.raises(UserError, match="is the only finished copy of its experiment"):
        removal.remove(run, tmp_path / "runs", yes=False)
    revision.update_summary(state="finished")
    assert removal.remove(run, tmp_path / "runs", yes=False) == "It is removed."
    assert removal.remove(revision, tmp_path / "runs", yes=True) == "It is removed."


def test_remove_touches_nothing_at_work_or_elsewhere(run: RunFolder, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with run.locked(), pytest.raises(UserError, match="is running; cancel it first"):
        removal.remove(run, runs, yes=True)
    elsewhere = tmp_path / "archive/super_resolution/old-1a2b3c4d"
    shutil.copytree(run.path, elsewhere)
    link = runs / "super_resolution/link-1a2b3c4d"
    link.symlink_to(elsewhere)
    for name in (str(elsewhere), "link-1a2b3c4d", str(link)):
        with pytest.raises(UserError, match=r"not in .*runs itself"):
            removal.remove(find_run(runs, name), runs, yes=True)
    (run.path / "data").symlink_to(elsewhere)
    removal.remove(run, runs, yes=True)
    assert not run.path.exists()
    assert sorted(path.name for path in elsewhere.iterdir()) == [".lock", "config.yaml", "metrics.csv", "summary.json"]


def test_remove_without_anybody_to_ask(run: RunFolder, tmp_path: Path) -> None:
    answer = preloaded.run(tmp_path, "runs", "remove", "sweep")
    assert answer.returncode == 1
    assert answer.stderr.endswith("error: Nobody answers here; say --yes to remove runs without a question.\n")
    assert run.path.is_dir()


def test_logs_say_why_a_run_failed(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    run.update_summary(state="failed", error="data.root=x: there is no such folder.")
    control.logs(run, 10, follow=False)
    assert capsys.readouterr().out == "failed at iteration 40: data.root=x: there is no such folder.\n"
    (run.path / "log.txt").write_text("one\n")
    control.logs(run, 10, follow=False)
    assert capsys.readouterr().out == "one\nfailed at iteration 40: data.root=x: there is no such folder.\n"


def test_logs_say_why_a_process_could_not_write_its_end(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    (run.path / "error.txt").write_text("The process was killed by SIGKILL (too little memory?).\n")
    control.logs(run, 10, follow=False)
    assert "failed at iteration 40: The process was killed by SIGKILL" in capsys.readouterr().out
