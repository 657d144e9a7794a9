"""What W&B is told, and that no failure of its server harms, delays for ever or loses anything of a training."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from omegaconf import OmegaConf
from PIL import Image

from tests.fake_wandb import FakeWandb
from tests.media import moving, write_video
from tests.tracking.conftest import HASTY_END, HASTY_START
from tests.tracking.tracked_training import (
    ALL,
    MIDDLE,
    ROWS,
    Training,
    csv_iterations,
    finish,
    iterations,
    kill_service,
    logged_values,
    logs,
    run_folder,
    synced,
    wait_for_rows,
)
from vidgan.metrics.direction import Direction
from vidgan.record.identity import definition, halves
from vidgan.record.provenance import origin
from vidgan.tracking.csv_logger import best_values
from vidgan.tracking.wandb_log import WandbLog, log_files

REMEDY = "vidgan-runs sync"


def assert_whole_here(folder: Path) -> None:
    """CSV and local W&B logs have every iteration once, and the last log knows its exit."""
    here = logs(folder)
    assert csv_iterations(folder) == ALL
    assert [iteration for log in here for iteration in iterations(log.rows)] == ALL
    assert {log.run["run_id"] for log in here} == {"quickstart"}
    assert here[-1].exit_code == 0


def assert_told_once(folder: Path) -> None:
    output = (folder / "output.txt").read_text()
    assert output.count(REMEDY) == 1, output
    assert "Traceback" not in output


# Offline


def test_an_offline_log_has_everything(tmp_path: Path, config: Callable[..., dict[str, Any]]) -> None:
    given = config("tracking.label='lr 1e-4, seed 1'", "tracking.tags=[mine]", "tracking.upload_weights=true")
    training = Training(tmp_path, given, environment={"SLURM_JOB_ID": "77"})
    assert finish(training, lambda: wait_for_rows(tmp_path, 1, "stats")) == 0  # the system's own metrics
    assert REMEDY not in (tmp_path / "output.txt").read_text()
    (log,) = logs(tmp_path)
    run = log.run
    assert (run["run_id"], run["project"], run["display_name"]) == ("quickstart", "vidgan", "lr 1e-4, seed 1")
    assert (run["run_group"], run["job_type"], run["tags"]) == (
        "quickstart",
        "train",
        ["super_resolution", "clips", "mine"],
    )
    told = log.config
    experiment, machine = definition(OmegaConf.create(given)), halves(OmegaConf.create(given))[1]
    assert {key: told[key] for key in experiment} == experiment
    assert told["machine_half"] == machine
    assert told["provenance"]["slurm_job_id"] == "77"
    assert told["provenance"]["commit"] == origin(OmegaConf.create(given))["commit"]
    assert iterations(log.rows) == csv_iterations(tmp_path) == ALL
    for row in log.rows:
        if "loss/pixel" in row:
            assert {name: row[name] for name in ("loss/pixel", "val/psnr")} == logged_values(row["iteration"])
    for name in ("loss/pixel", "val/psnr"):
        (metric,) = (metric for metric in log.of("metric") if metric.name == name)
        assert metric.step_metric == "iteration"
        assert {field.name for field, _ in metric.summary.ListFields()} == {"min", "max", "last"}
    assert not any(metric.glob_name for metric in log.of("metric"))
    assert log.summary["loss/pixel"] == {"min": 0.1, "max": 1, "last": 0.1}
    assert log.summary["test/psnr"] == 30
    assert log.exit_code == 0
    files = log.path.parent / "files"
    pictures, videos = ([files / name for name in log.media if name.endswith(kind)] for kind in (".png", ".mp4"))
    assert [row["iteration"] for row in log.rows if "samples/picture" in row] == [MIDDLE, ROWS]
    for path in pictures:
        assert Image.open(path).convert("RGB").getpixel((0, 0))
    for path in videos:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            assert len(list(container.decode(stream))) == 3
    assert (len(pictures), len(videos)) == (2, 2)


def test_offline_artifacts_stay_in_the_run_folder(tmp_path: Path, config: Callable[..., dict[str, Any]]) -> None:
    assert finish(Training(tmp_path, config("tracking.upload_weights=true"))) == 0
    (log,) = logs(tmp_path)
    (artifact,) = log.of("artifact")
    assert artifact.name == "weights-quickstart"
    assert set(artifact.aliases) == {"last", "latest"}
    (file,) = artifact.manifest.contents
    assert Path(file.local_path) == run_folder(tmp_path) / "checkpoints/last.safetensors"
    outside = {path.name for path in tmp_path.iterdir()} - {"runs", "output.txt"}
    assert outside == set()  # HOME and the working directory are tmp_path


@pytest.mark.parametrize(("end", "process", "told"), [("finishes", 0, 0), ("fails", 1, 1), ("is stopped", 143, 143)])
def test_the_exit_code_is_told(
    tmp_path: Path, config: Callable[..., dict[str, Any]], end: str, process: int, told: int
) -> None:
    assert finish(Training(tmp_path, config(), end=end)) == process
    (log,) = logs(tmp_path)
    assert log.exit_code == told
    assert len(log.of("preempting")) == (end == "is stopped")


def test_two_runs_of_one_process_leak_nothing(tmp_path: Path, config: Callable[..., dict[str, Any]]) -> None:
    training = Training(tmp_path, config("name=one"), config("name=two", "tracking.group=study"))
    training.reach_middle()
    training.go_on()
    assert finish(training) == 0, training.output.read_text()  # which also compares the environment
    for name, job_type in (("one", "train"), ("two", "sweep")):
        (path,) = log_files(run_folder(tmp_path, name))
        log = WandbLog.read(path)
        assert (log.run["run_id"], log.run["job_type"]) == (name, job_type)
        assert iterations(log.rows) == ALL


def test_the_environment_decides_nothing_but_the_agent_does(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb
) -> None:
    stray = {"WANDB_MODE": "disabled", "WANDB_RUN_ID": "stray", "WANDB_PROJECT": "stray", "WANDB_NAME": "stray"}
    training = Training(tmp_path, config(), environment=stray)
    assert finish(training) == 0
    (log,) = logs(tmp_path)
    assert (log.run["run_id"], log.run["project"], log.run["display_name"]) == ("quickstart", "vidgan", "quickstart")
    assert "WANDB_MODE=disabled is not heeded" in training.output.read_text()
    agent = {"WANDB_SWEEP_ID": "swp", "WANDB_RUN_ID": "point", "WANDB_PROJECT": "theirs", "WANDB_ENTITY": "team"}
    assert finish(Training(tmp_path, config(), environment={**agent, **server.environment})) == 0
    (run,) = server.runs.values()
    assert (run.entity, run.project, run.name) == ("team", "theirs", "point")
    assert (run.told["sweep"], run.told["jobType"]) == ("swp", "sweep")
    assert iterations(run.history) == ALL


# Online


def test_online_the_server_has_what_the_folder_has(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb
) -> None:
    given = config("tracking=online", "tracking.upload_weights=true")
    assert finish(Training(tmp_path, given, environment=server.environment)) == 0
    run = server.runs["lab/vidgan/quickstart"]
    assert iterations(run.history) == ALL
    assert (run.state, run.exit_code) == ("finished", 0)
    assert set(logs(tmp_path)[0].media) <= run.files.keys()
    assert [artifact["state"] for artifact in server.artifacts.values()] == ["COMMITTED"]
    assert run.config["engine"]["value"]["iterations"] == given["engine"]["iterations"]
    assert REMEDY not in (tmp_path / "output.txt").read_text()
    assert_whole_here(tmp_path)


Trouble = Callable[[FakeWandb], None]
AT_THE_START: dict[str, Trouble] = {
    "is down": lambda server: server.stop(),
    "answers 500": lambda server: server.fail("graphql"),
    "is slow": lambda server: server.fail("graphql", status=200, seconds=60),
    "knows another key": lambda server: setattr(server, "key", "another"),
}
IN_THE_MIDDLE: dict[str, Trouble] = {
    "is down": lambda server: server.stop(),
    "answers 500": lambda server: server.fail("file_stream"),
    "refuses": lambda server: server.fail("file_stream", status=400),
    "breaks connections": lambda server: server.fail("", status=0),
}


@pytest.mark.parametrize("when", ["start", "middle"])
def test_a_server_in_trouble_harms_nothing(tmp_path: Path, config: Callable[..., dict[str, Any]], when: str) -> None:
    """All troubles at a time, as the trainings mostly wait."""
    troubles = AT_THE_START if when == "start" else IN_THE_MIDDLE
    servers, trainings = {}, {}
    for name, trouble in troubles.items():
        (tmp_path / name).mkdir()
        servers[name] = FakeWandb()
        environment = servers[name].environment
        if when == "start":
            trouble(servers[name])
        hasty = (HASTY_START, HASTY_END) if when == "start" else (HASTY_END,)
        trainings[name] = Training(tmp_path / name, config("tracking=online", *hasty), environment=environment)
    for name, training in trainings.items():
        training.reach_middle()
        if when == "middle":
            troubles[name](servers[name])
        training.go_on()
    for name, training in trainings.items():
        assert training.end() == 0, name
        assert_whole_here(tmp_path / name)
        assert_told_once(tmp_path / name)
    servers["is down"].start()
    for answer in ("quickstart: synced 12 rows.", "quickstart: synced 12 rows before."):
        assert synced(tmp_path / "is down", servers["is down"])[0] == answer
    for server in servers.values():
        server.stop()


@pytest.mark.parametrize("key", [None, "short"])
def test_a_bad_key_turns_the_run_offline(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb, key: str | None
) -> None:
    environment = {name: value for name, value in server.environment.items() if name != "WANDB_API_KEY"}
    keyed = {**environment, "WANDB_API_KEY": key} if key else environment
    assert finish(Training(tmp_path, config("tracking=online"), environment=keyed)) == 0
    assert_whole_here(tmp_path)
    assert_told_once(tmp_path)
    assert not server.runs


def test_a_server_that_comes_back_gets_everything(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb
) -> None:
    training = Training(tmp_path, config("tracking=online"), environment=server.environment)
    training.reach_middle()
    server.stop()
    training.go_on()
    while csv_iterations(tmp_path) != ALL:  # and what W&B is given at the same time goes nowhere
        assert training.process.is_alive()
        time.sleep(0.05)
    server.start()
    assert training.end() == 0
    assert iterations(server.runs["lab/vidgan/quickstart"].history) == ALL
    assert REMEDY not in training.output.read_text()


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_logging_that_raises_goes_on_in_a_new_fragment(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb, mode: str
) -> None:
    training = Training(tmp_path, config(f"tracking={mode}"), environment=server.environment)
    training.reach_middle()
    wait_for_rows(tmp_path, 1)
    kill_service(training.process.pid or 0)
    training.go_on()
    assert training.end() == 0
    first, second = logs(tmp_path)
    assert set(iterations(first.rows) + iterations(second.rows)) == set(ALL)
    assert second.exit_code == 0
    assert csv_iterations(tmp_path) == ALL
    assert_told_once(tmp_path)


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_a_failure_that_only_the_end_tells_loses_nothing(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb, mode: str
) -> None:
    given = config(f"tracking={mode}")
    assert finish(Training(tmp_path, given, environment=server.environment, end="loses W&B")) == 0
    here = logs(tmp_path)
    assert {iteration for log in here for iteration in iterations(log.rows)} == set(ALL)
    assert here[-1].exit_code == 0
    assert_told_once(tmp_path)


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_a_killed_run_goes_on_in_the_same_run(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb, mode: str
) -> None:
    """Killed after iteration 5, resumed from a checkpoint of iteration 3: rows 4 and 5 come twice."""
    given = config(f"tracking={mode}")
    first = Training(tmp_path, given, environment=server.environment)
    first.reach_middle()
    wait_for_rows(tmp_path, MIDDLE + 1)  # and that of the samples
    first.kill()
    assert finish(Training(tmp_path, given, environment=server.environment, start=4)) == 0
    here = logs(tmp_path)
    assert [log.exit_code for log in here] == [None, 0]
    assert [iterations(log.rows) for log in here] == [[1, 2, 3, 4, 5], [4, 5, 6, 7, 8, 9, 10]]
    assert {log.path.parents[1] for log in here} == {run_folder(tmp_path) / "wandb"}
    if mode == "online":
        (run,) = server.runs.values()
        assert iterations(run.history)[-7:] == [4, 5, 6, 7, 8, 9, 10]
        # The first process was killed before it could send anything; W&B sends every 15 seconds.
        assert synced(tmp_path, server)[0] == "quickstart: synced 15 rows."
        assert sorted(iterations(run.history)) == sorted([*ALL, 4, 5])


def test_best_values_follow_the_direction_of_each_metric() -> None:
    rows = [
        {"iteration": "5", "val/psnr": "nan", "val/tof": "nan"},
        {"iteration": "10", "val/psnr": "20.5", "val/tof": "3.0"},
        {"iteration": "15", "val/psnr": "", "val/tof": ""},
        {"iteration": "20", "val/psnr": "22.5", "val/tof": "2.0"},
        {"iteration": "30", "val/psnr": "21.5", "val/tof": "4.0"},
    ]
    assert best_values(
        rows, {"psnr": Direction(higher=True), "tof": Direction(higher=False), "lpips": Direction(higher=False)}
    ) == {
        "best/psnr": 22.5,
        "best/psnr_iteration": 20,
        "best/tof": 2.0,
        "best/tof_iteration": 20,
    }


# The real command


def test_vidgan_train_logs_what_its_tables_say(tmp_path: Path, server: FakeWandb) -> None:
    for number, split in enumerate(("train", "val", "test")):
        write_video(tmp_path / "videos" / split / f"{number}.mp4", moving(6, 48, 48, seed=number))
    overrides = [
        *("data=folder", "data.root=videos", "data.patch=32", "data.frames=2", "data.batch_size=1"),
        *("machine=cpu", "machine.workers=0", "machine.threads=1", "tracking=online", "tracking.upload_weights=true"),
        *("engine.iterations=6", "engine.log_every=2", "validation.every=3", "validation.monitor=psnr"),
        *("networks.discriminator.layers=1", "players.discriminator.start=2"),
    ]
    command = [str(Path(sys.executable).parent / "vidgan-train"), *overrides]
    environment = {**os.environ, **server.environment, "HOME": str(tmp_path)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=600, capture_output=True)
    (folder,) = (tmp_path / "runs/super_resolution").iterdir()
    run = server.runs[f"lab/vidgan/{folder.name}"]
    with (folder / "metrics.csv").open() as file:
        table = [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]
    sent = [
        {name: row[name] for name in row if not name.startswith(("_", "samples", "comparison"))} for row in run.history
    ]
    assert [row for row in sent if len(row) > 1] == table
    result = json.loads((folder / "summary.json").read_text())
    assert {name: run.summary[f"test/{name}"] for name in result["metrics"]} == result["metrics"]
    assert run.summary["test/bicubic/psnr"] == result["baselines"]["bicubic"]["psnr"]
    assert run.summary["best/psnr"] == max(row["val/psnr"] for row in table if "val/psnr" in row)
    shown = [row["iteration"] for row in run.history if "samples/video" in row]
    assert shown == [3, 6]
    aliases = [set(artifact["aliases"]) - {"latest"} for artifact in server.artifacts.values()]
    assert aliases == [{"best"}, {"last"}]
    assert run.exit_code == 0
    command = [str(Path(sys.executable).parent / "vidgan-evaluate"), f"run={folder.name}", "protocol=vimeo_bi_y"]
    subprocess.run(
        [*command, "machine=cpu", "machine.workers=0", "machine.threads=1", "tracking=online"],
        cwd=tmp_path,
        env=environment,
        check=True,
        timeout=600,
        capture_output=True,
    )
    evaluation = server.runs[f"lab/vidgan/{folder.name}-vimeo_bi_y-last"]
    assert (evaluation.told["jobType"], evaluation.told["groupName"]) == ("evaluate", run.told["groupName"])
    scores = json.loads((folder / "evaluations/vimeo_bi_y-last/scores.json").read_text())["scores"]
    assert evaluation.summary["test/psnr"] == scores["model"]["psnr"]
    assert evaluation.config["networks"] == run.config["networks"]


def test_a_tracker_whose_process_cannot_start_does_not_keep_the_training(tmp_path: Path) -> None:
    """As on a disk from which nothing may be executed, or with the wheel of another processor."""
    for number, split in enumerate(("train", "val", "test")):
        write_video(tmp_path / "videos" / split / f"{number}.mp4", moving(6, 48, 48, seed=number))
    (tmp_path / "wandb-core").write_text("no program")
    code = (
        "from wandb.sdk.lib.service import service_process\n"
        "service_process.get_core_path = lambda: 'wandb-core'\n"
        "from vidgan.commands.train import main\n"
        "main()"
    )
    overrides = [
        *("data=folder", "data.root=videos", "data.patch=32", "data.frames=2", "data.batch_size=1"),
        *("machine=cpu", "machine.workers=0", "engine.iterations=2", "validation.every=null"),
        *("networks.discriminator.layers=1", "players.discriminator.start=0"),
    ]
    command = [sys.executable, "-c", code, *overrides]
    ended = subprocess.run(command, cwd=tmp_path, check=False, timeout=600, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "W&B cannot log offline either" in ended.stdout + ended.stderr
    (folder,) = (tmp_path / "runs/super_resolution").iterdir()
    assert json.loads((folder / "summary.json").read_text())["state"] == "finished"
