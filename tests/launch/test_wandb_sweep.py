"""The W&B sweep that ships: what its agent would run composes, and a finished point joins the sweep with its result."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from tests.fake_wandb import FakeWandb
from tests.launch.conftest import RATE, runs_of
from tests.preloaded import launch
from tests.test_commands import BIN, ended, summary
from vidgan.config.paths import EXPERIMENTS
from vidgan.metrics.direction import read
from vidgan.record.tables import Table
from vidgan.tracking.csv_logger import best_values

SWEEP = yaml.safe_load((EXPERIMENTS / "super_resolution/sweeps/wandb.yaml").read_text())


def test_the_agents_command_is_one_of_ours(tmp_path: Path) -> None:
    first = {
        name: {"value": given.get("value", given.get("values", [given.get("min")])[0])}
        for name, given in SWEEP["parameters"].items()
    }
    arguments = create_sweep_command_args({"args": first})
    command = [
        word
        for part in create_sweep_command(SWEEP["command"])
        for word in {"${env}": ["/usr/bin/env"], "${args_no_hyphens}": arguments["args_no_hyphens"]}.get(part, [part])
    ]
    assert command[:2] == ["/usr/bin/env", "vidgan-train"]
    answer = subprocess.run(
        [*command, "preflight=only"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    assert "preflight: nothing was started" in answer.stdout


def test_a_finished_point_gives_the_sweep_its_recorded_result(
    swept: tuple[Path, int, str, str], small: list[str]
) -> None:
    run = runs_of(swept[0])["lr=0.003"]
    with FakeWandb() as server:
        agent = {"WANDB_SWEEP_ID": "swp", "WANDB_RUN_ID": "point", "WANDB_PROJECT": "theirs", "WANDB_ENTITY": "team"}
        again = launch(
            swept[0],
            "train",
            *small,
            f"{RATE}=0.003",
            "tracking=online",
            env={**os.environ, **agent, **server.environment},
        )
        code, out, error = ended(again)
        assert code == 0, error
        assert "Finished before" in out
        (told,) = server.runs.values()
    assert (told.entity, told.project, told.name, told.told["sweep"]) == ("team", "theirs", "point", "swp")
    recorded = summary(run)
    best = best_values(Table(run / "metrics.csv").rows(), read(recorded))
    assert SWEEP["metric"] == {"name": "best/psnr", "goal": "maximize"}
    assert told.summary["best/psnr"] == pytest.approx(best["best/psnr"])
    assert told.summary["test/psnr"] == pytest.approx(recorded["metrics"]["psnr"])
