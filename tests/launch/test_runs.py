"""``vidgan-runs`` tells how runs fare by what is going on, not by what was last written down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vidgan.errors import UserError
from vidgan.experiment.folder import RunFolder, find_run
from vidgan.launch import control
from vidgan.launch.status import Status

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
    command = [sys.executable, "-m", "vidgan.runs", *arguments]
    wide = {**os.environ, "COLUMNS": "200"}
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=wide)
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


def test_logs_are_the_last_lines(run: RunFolder, tmp_path: Path) -> None:
    (run.path / "log.txt").write_text("one\ntwo\nthree\n")
    assert listed(tmp_path, "logs", "sweep", "-n", "2") == "two\nthree\n"


def test_what_cannot_be_done_is_told(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is stopped; there is nothing to cancel"):
        control.cancel(run)
    with pytest.raises(UserError, match="was not submitted to SLURM; run its command again"):
        control.requeue(run)
    with pytest.raises(UserError, match=r"has no log\.txt"):
        control.logs(run, 10, follow=False)


def test_cancel_asks_the_process_on_this_machine(run: RunFolder) -> None:
    code = (
        "import sys, time; from pathlib import Path; from vidgan.experiment.folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked(): print('locked', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(run.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert control.cancel(run) == f"Process {process.pid} is asked to write its checkpoint and end."
        assert process.wait(timeout=30) == -15


def test_a_run_that_waits_for_slurm_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "runs/super_resolution/later-1a2b3c4d"
    folder.mkdir(parents=True)
    (folder / "job.yaml").write_text("overrides: []\n")
    assert find_run(tmp_path / "runs", "later").path == folder
    assert Status(RunFolder(folder), "3", "PENDING").state == "queued"
