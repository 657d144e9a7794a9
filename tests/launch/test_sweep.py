"""A sweep as a user runs it: every point a run of its own, failures alone, nothing twice, stopped and gone on with."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from tests.launch.conftest import RATE, runs_of
from tests.preloaded import launch
from tests.test_commands import LIMIT, assert_same_result, ended, summary, wait_for_iteration
from vidgan.launch.local import share_of
from vidgan.launch.sweep import Point
from vidgan.launch.sweep import launch as launch_points
from vidgan.record.folder import RunFolder

Compose = Callable[..., DictConfig]
Swept = tuple[Path, int, str, str]


def test_each_point_is_a_run_and_a_failing_one_fails_alone(swept: Swept) -> None:
    folder, code, out, error = swept
    runs = runs_of(folder)
    states = {label: summary(run)["state"] for label, run in runs.items()}
    assert states == {"lr=0.003": "finished", "lr=0.0003": "finished", "lr=1e+20": "failed"}
    assert code == 1
    assert "quickstart-lr: 2 finished, 1 failed" in out
    assert "lr=1e+20: Training diverged: 2 updates in a row" in out
    assert "Traceback" not in out + error
    assert {summary(run)["group"] for run in runs.values()} == {"quickstart-lr"}
    recorded = json.loads((folder / "runs/sweeps/quickstart-lr/sweep.json").read_text())
    assert {run["id"]: run["label"] for run in recorded["runs"]} == {run.name: name for name, run in runs.items()}


def test_a_point_ends_where_the_single_run_of_its_overrides_ends(
    swept: Swept, small: list[str], tmp_path: Path
) -> None:
    code, _, error = ended(launch(tmp_path, "train", *small, f"{RATE}=0.003"))
    assert code == 0, error
    (single,) = tmp_path.glob("runs/super_resolution/*")
    assert_same_result(single, runs_of(swept[0])["lr=0.003"])


def point(composed: Compose, small: list[str], folder: Path, *overrides: str) -> Point:
    return Point(overrides, composed(*small, f"paths.runs={folder}/runs", *overrides))


def test_again_it_runs_what_is_missing(
    swept: Swept, composed: Compose, small: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    runs = runs_of(swept[0])
    weights = [runs[name] / "checkpoints/last.ckpt" for name in ("lr=0.003", "lr=0.0003")]
    before = [path.stat().st_mtime_ns for path in weights]
    points = [point(composed, small, swept[0], f"{RATE}={rate}") for rate in ("0.003", "0.0003", "1e20")]
    assert launch_points(points) == 1
    assert "2 existed already" in capsys.readouterr().out.replace("1 failed, ", "")
    assert [path.stat().st_mtime_ns for path in weights] == before


@pytest.mark.parametrize("progress", [True, False])
def test_the_line_of_jobs_is_drawn_where_progress_is_asked_for(
    swept: Swept, composed: Compose, small: list[str], capsys: pytest.CaptureFixture[str], progress: bool
) -> None:
    assert launch_points([point(composed, small, swept[0], f"{RATE}=0.003", f"machine.progress={progress}")]) == 0
    assert ("0 running, 0 failed" in capsys.readouterr().err) is progress


def test_points_that_are_one_run_run_once(
    swept: Swept, composed: Compose, small: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    same = [point(composed, small, swept[0], f"{RATE}=0.003", f"tracking.tags=[{tag}]") for tag in "ab"]
    assert launch_points(same) == 0
    out = capsys.readouterr().out
    assert "tags=[b] is the same run as tags=[a]: it runs once." in out
    assert "1 existed already" in out


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_and_run_again_ends_where_the_uninterrupted_sweep_ends(
    swept: Swept, composed: Compose, small: list[str], tmp_path: Path, how: signal.Signals
) -> None:
    sweep = launch(tmp_path, "train", "-m", *small, f"{RATE}=0.003")
    wait_for_iteration(tmp_path, 15)
    sweep.send_signal(how)
    code, out, _ = ended(sweep)
    assert code == (-how if how == signal.SIGKILL else 128 + how)
    assert how == signal.SIGKILL or "1 stopped" in out
    (run,) = tmp_path.glob("runs/super_resolution/*")
    with RunFolder(run).locked(patience=LIMIT):  # the job ends with its sweep, after its checkpoint
        assert summary(run)["state"] == "running"
        assert 15 <= summary(run)["iteration"] < 60
    assert launch_points([point(composed, small, tmp_path, f"{RATE}=0.003")]) == 0
    assert len(json.loads((run / "provenance.json").read_text())["segments"]) == 2
    assert_same_result(run, runs_of(swept[0])["lr=0.003"])


def test_a_killed_job_is_told_and_the_next_one_starts(
    composed: Compose, small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = launch(tmp_path, "train", "-m", *small, f"{RATE}=0.003", "engine.iterations=100000")
    wait_for_iteration(tmp_path, 5)
    (run,) = tmp_path.glob("runs/super_resolution/*")
    os.kill(int((run / ".lock").read_text().split()[1]), signal.SIGKILL)
    code, out, _ = ended(sweep)
    assert code == 1
    assert "The process was killed by SIGKILL (too little memory?)" in out
    assert summary(run)["state"] == "failed"


def test_all_bad_points_are_told_before_anything_starts(small: list[str], tmp_path: Path) -> None:
    bad = ["data.patch=32,42", f"{RATE}=0.003,-1"]
    code, _, error = ended(launch(tmp_path, "train", "-m", *small, *bad))
    told = sorted(line for line in error.splitlines() if line.startswith("error: "))
    assert code == 1
    assert told == [
        "error: point patch=32,lr=-1; patch=42,lr=-1: players.generator.optimizer.lr=-1: expected a number, 0 or more.",
        "error: point patch=42,lr=0.003: data.patch=42 is not a multiple of the scale, 4.",
    ]
    assert not list(tmp_path.iterdir())


def test_gpus_are_shared_out_among_the_jobs() -> None:
    gpus = ["0", "1", "2", "3"]
    assert [share_of(slot, 1, gpus) for slot in range(5)] == [["0"], ["1"], ["2"], ["3"], ["0"]]
    assert [share_of(slot, 2, gpus) for slot in range(2)] == [["0", "1"], ["2", "3"]]
    assert share_of(1, 8, gpus) == ["0", "1", "2", "3"]
