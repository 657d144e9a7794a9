"""Studies: towards a total however they ended before, pruned, the same on every rank, never two questions in one."""

import csv
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig
from optuna.trial import TrialState

from tests.launch.conftest import RATE, runs_of
from tests.preloaded import launch
from tests.test_commands import ended, logged, summary
from vidgan.errors import UserError
from vidgan.launch.space import overrides, read_space
from vidgan.launch.study import StudySettings, StudySweep
from vidgan.launch.sweep import Point
from vidgan.launch.trial import open_storage

Compose = Callable[..., DictConfig]
SETTINGS = StudySettings(
    study="rates",
    trials=2,
    objectives=("psnr",),
    directions=None,
    sampler="random",
    sampler_options={},
    pruner=None,
    pruner_options={},
    storage=None,
    max_failures=2,
    seed=0,
)


@pytest.fixture
def sweep(composed: Compose, small: list[str], tmp_path: Path) -> Callable[..., StudySweep]:
    """``sweep(settings, "key=a,b", ...)``: what the command line would run in ``tmp_path``."""

    def make(settings: StudySettings, *arguments: str) -> StudySweep:
        parser = OverridesParser.create()
        fixed, space = read_space(parser, [*small, f"paths.runs={tmp_path}/runs", *arguments], {})

        def compose(values: dict[str, Any]) -> Point:
            own = [*fixed, *overrides(values)]
            return Point(tuple(own), composed(*own))

        return StudySweep(settings, space, compose)

    return make


def study_of(folder: Path, name: str = "rates") -> optuna.Study:
    return optuna.load_study(study_name=name, storage=open_storage(str(folder / f"runs/sweeps/{name}/study.journal")))


def begun(folder: Path) -> set[Path]:
    """Runs of which a checkpoint is written."""
    summaries = folder.glob("runs/super_resolution/*/summary.json")
    return {path.parent for path in summaries if json.loads(path.read_text())["iteration"] >= 5}


def test_a_killed_study_goes_on_towards_its_total(
    small: list[str], sweep: Callable[..., StudySweep], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rates = f"{RATE}=tag(log,interval(1e-4,1e-3))"
    options = ["study=rates", "trials=2", "sampler=random", "objective=psnr", "max_failures=2"]
    command = ["hydra/sweeper=study", *(f"hydra.sweeper.{option}" for option in options), f"paths.runs={tmp_path}/runs"]
    process = launch(tmp_path, "train", "-m", *small, *command, rates)
    jobs: dict[Path, int] = {}
    while len(jobs) < 2:  # who comes first waits for the other, lest it finish
        assert process.poll() is None
        for run in begun(tmp_path) - jobs.keys():
            jobs[run] = int((run / ".lock").read_text().split()[1])
            os.kill(jobs[run], signal.SIGSTOP)
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for job in jobs.values():
        os.kill(job, signal.SIGCONT)
    ended(process)
    (tmp_path / "runs/sweeps/rates/study.journal.lock").touch()  # as a writer leaves it that was killed

    assert sweep(SETTINGS, rates).run() == 0
    trials = study_of(tmp_path).trials
    assert [trial.state for trial in trials] == [TrialState.FAIL] * 2 + [TrialState.COMPLETE] * 2
    assert [trial.params for trial in trials[2:]] == [trial.params for trial in trials[:2]]
    runs = list(tmp_path.glob("runs/super_resolution/*"))
    assert sorted(trial.value or 0 for trial in trials[2:]) == sorted(summary(run)["metrics"]["psnr"] for run in runs)
    assert [len(json.loads((run / "provenance.json").read_text())["segments"]) for run in runs] == [2, 2]
    for name in ("trials.csv", "history.png", "slices.png", "sweep.json"):
        assert (tmp_path / "runs/sweeps/rates" / name).stat().st_size > 0

    assert sweep(replace(SETTINGS, trials=3), rates).run() == 0
    trials = study_of(tmp_path).trials
    assert [trial.state for trial in trials[4:]] == [TrialState.COMPLETE]
    assert len({trial.params[RATE] for trial in trials}) == 3
    for settings, other, sentence in (
        (SETTINGS, f"{RATE}=tag(log,interval(1e-4,1e-2))", f"another search space for {RATE}"),
        (replace(SETTINGS, directions=("minimize",)), rates, "was made to maximize, not to minimize"),
        (replace(SETTINGS, objectives=("ssim",)), rates, "was made for psnr"),
    ):
        with pytest.raises(UserError, match="Study 'rates'") as told:
            sweep(settings, other).run()
        assert sentence in str(told.value)
    with pytest.raises(UserError, match="another experiment"):
        sweep(SETTINGS, "seed=5", rates).run()


def test_a_grid_is_pruned_by_its_validations(sweep: Callable[..., StudySweep], tmp_path: Path) -> None:
    """After 20 iterations one rate is above 15 dB and the other is not."""
    pruner = {"pruner": "threshold", "pruner_options": {"lower": 15.0}}
    settings = replace(SETTINGS, sampler="grid", objectives=("best/psnr",), **pruner)
    assert sweep(settings, f"{RATE}=0.0003,0.1").run() == 0
    runs = runs_of(tmp_path)
    assert summary(runs["lr=0.0003"])["state"] == "finished"
    assert summary(runs["lr=0.1"])["state"] == "pruned"
    assert summary(runs["lr=0.1"])["iteration"] == 20
    with (tmp_path / "runs/sweeps/rates/trials.csv").open() as file:
        rows = {row[RATE]: row for row in csv.DictReader(file)}
    assert {rate: row["state"] for rate, row in rows.items()} == {"0.0003": "complete", "0.1": "pruned"}
    assert float(rows["0.0003"]["best/psnr"]) == max(logged(runs["lr=0.0003"], "val/psnr"))
    assert float(rows["0.1"]["best/psnr"]) == logged(runs["lr=0.1"], "val/psnr")[-1]


def test_trials_on_two_devices_are_the_runs_of_one(
    sweep: Callable[..., StudySweep], swept: tuple[Path, int, str, str], tmp_path: Path
) -> None:
    """Both ranks have the trial's learning rate: the losses, means over ranks, are those of one device."""
    settings = replace(SETTINGS, sampler="grid")
    assert sweep(settings, "machine.devices=2", f"{RATE}=choice(0.003)").run() == 0
    one = runs_of(swept[0])["lr=0.003"]
    (two,) = tmp_path.glob("runs/super_resolution/*")
    assert two.name == one.name
    for name in ("loss/generator", "loss/discriminator", "val/psnr"):
        assert logged(two, name)[0] == pytest.approx(logged(one, name)[0], rel=1e-3)
    assert logged(two, "lr/generator") == logged(one, "lr/generator")


def test_failures_are_counted_and_end_the_study_at_their_limit(
    sweep: Callable[..., StudySweep], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diverging = sweep(replace(SETTINGS, max_failures=1), f"{RATE}=interval(1e19,1e20)", "machine.n_jobs=1")
    assert diverging.run() == 1
    (trial,) = study_of(tmp_path).trials
    assert trial.state is TrialState.FAIL
    assert trial.user_attrs["error"].startswith("Training diverged: 2 updates in a row")
    assert "Given up after 1 failed trials" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (replace(SETTINGS, sampler="magic"), "hydra.sweeper.sampler=magic: there is no such sampler"),
        (replace(SETTINGS, sampler_options={"wrong": 1}), "hydra.sweeper.sampler_options: .*wrong"),
        (replace(SETTINGS, pruner="magic"), "hydra.sweeper.pruner=magic: there is no such pruner"),
        (replace(SETTINGS, objectives=("psnr", "ssim"), pruner="median"), "cannot prune"),
        (replace(SETTINGS, objectives=("fame",)), "'fame' is not a metric"),
        (replace(SETTINGS, directions=("up",)), "must be maximize or minimize"),
        (replace(SETTINGS, storage="nonsense://x"), "hydra.sweeper.storage=nonsense://x cannot be opened"),
        (replace(SETTINGS, study="../up"), "hydra.sweeper.study"),
    ],
)
def test_mistaken_settings_start_nothing(
    sweep: Callable[..., StudySweep], tmp_path: Path, settings: StudySettings, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        sweep(settings, f"{RATE}=0.001,0.002").run()
    assert not list(tmp_path.glob("runs/super_resolution/*"))
