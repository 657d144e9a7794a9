"""A sweep from its points to its closing table: checked as a whole first, each run once, failures told one by one."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import DictConfig, open_dict
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console
from rich.progress import track

from vidgan.config.mistakes import explain
from vidgan.config.schema import PreflightMode
from vidgan.errors import UserError
from vidgan.experiment.preflight import Cost, Preflight
from vidgan.experiment.report import show_result, show_start
from vidgan.launch import slurm
from vidgan.launch.costs import show_costs
from vidgan.launch.job import TrainingJob
from vidgan.launch.job_result import Outcome, State, exit_code, show_outcomes
from vidgan.launch.local import run_jobs
from vidgan.launch.naming import keys_that_differ, label, sweep_name
from vidgan.record.file_fingerprint import looking_once
from vidgan.record.folder import RunFolder, write_json
from vidgan.record.names import slug


@dataclass(frozen=True)
class Point:
    """Overrides and the root configuration that they compose to, or why they do not."""

    overrides: tuple[str, ...]
    config: DictConfig | None
    error: str = ""

    @classmethod
    def compose(cls, overrides: Sequence[str], load: Callable[[list[str]], DictConfig]) -> "Point":
        """A point of a sweep; ``load`` is Hydra's."""
        try:
            config = load(list(overrides))
        except (HydraException, OmegaConfBaseException) as error:
            return cls(tuple(overrides), None, explain(error, "train", overrides))
        with open_dict(config):
            del config["hydra"]
        return cls(tuple(overrides), config)

    @property
    def values(self) -> dict[str, str]:
        """The overrides as a mapping, without Hydra's signs for adding."""
        pairs = (override.lstrip("+").partition("=") for override in self.overrides)
        return {key: value for key, _, value in pairs}


def name_points(points: Sequence[Point]) -> str:
    """Gives each point its group and its label, unless the configuration has them; returns the sweep's name."""
    keys = keys_that_differ([point.values for point in points])
    configs = [point.config for point in points if point.config is not None]
    name = sweep_name([config.name for config in configs], keys) if configs else "sweep"
    for point in points:
        if point.config is not None:
            set_names(point.config, name, label(point.values, keys))
    return next((config.tracking.group for config in configs), name)


def set_names(config: DictConfig, group: str, label: str) -> None:
    """Fills in the names under which a run is tracked, where they are not given."""
    config.tracking.group = config.tracking.group or group
    config.tracking.label = config.tracking.label or label or None


def examine(points: Sequence[Point], preflight: Preflight | None = None) -> list[Cost]:
    """Checks every point.

    Raises:
        UserError: with one sentence for each mistake, and the points that make it.
    """
    preflight = preflight or Preflight()
    keys = keys_that_differ([point.values for point in points])
    costs: list[Cost] = []
    mistakes: dict[str, list[str]] = {}
    steps = track(points, "checking", console=Console(stderr=True), transient=True, disable=len(points) == 1)
    for point in steps:
        try:
            if point.config is None:
                raise UserError(point.error)
            if any(point.config.debug.values()):
                raise UserError(
                    "debug is for single runs on this machine: leave it out, or -m, slurm and preflight=only."
                )
            costs.append(preflight.examine(point.config))
        except UserError as error:
            mistakes.setdefault(str(error), []).append(label(point.values, keys))
    if mistakes:
        raise UserError("\nerror: ".join(_told(text, who, len(points)) for text, who in mistakes.items()))
    return costs


def _told(mistake: str, labels: Sequence[str], total: int) -> str:
    if total == 1:
        return mistake
    where = "every point" if len(labels) == total else f"point {'; '.join(labels)}"
    return f"{where}: {mistake}"


def launch(points: Sequence[Point]) -> int:
    """Checks and runs the points of a sweep, or checks them only.

    Returns:
        The exit code: 0 where nothing failed.

    Raises:
        UserError: a point is at fault; nothing was started.
    """
    name = name_points(points)
    costs = examine(points)
    with looking_once():
        jobs = [TrainingJob.plan(point.config, point.overrides) for point in points if point.config is not None]
    if jobs[0].config.preflight is PreflightMode.only:
        show_costs(jobs, costs)
        return 0
    if jobs[0].config.dry_run:
        print(slurm.script([job for job in jobs if not job.finished] or jobs))
        return 0
    return run_once(name, jobs)


def submit(point: Point) -> int:
    """Checks a single run and submits it to SLURM, or shows how it would; returns the exit code.

    Raises:
        UserError: it is at fault; nothing was submitted.
    """
    examine([point])
    assert point.config is not None
    job = TrainingJob.plan(point.config, point.overrides)
    if point.config.dry_run:
        print(slurm.script([job]))
        return 0
    if job.finished:
        show_start(job.folder, job.reason)
        show_result(job.folder)
        return 0
    return exit_code(slurm.run_jobs([job]), None)


def run_once(name: str, jobs: Sequence[TrainingJob]) -> int:
    """Runs each run of the jobs that is not finished; returns the exit code."""
    unique: dict[Path, TrainingJob] = {}
    for job in jobs:
        first = unique.setdefault(job.folder.path, job)
        if first is not job:
            print(f"{job.label} is the same run as {first.label}: it runs once.")
    outcomes = [Outcome(job, State.EXISTED) for job in unique.values() if job.finished]
    waiting = [job for job in unique.values() if not job.finished]
    todo = iter(waiting)
    config = jobs[0].config
    stopped_by = None
    if config.machine.slurm is not None:
        outcomes += slurm.run_jobs(waiting)
    else:
        n_jobs, progress = config.machine.n_jobs, config.machine.progress
        stopped_by = run_jobs(lambda: next(todo, None), outcomes.append, n_jobs, len(waiting), progress)
    close(name, sweep_folder(config, name), outcomes)
    if stopped_by is not None:
        print("Stopped. Run the same command again to go on.", file=sys.stderr)
    return exit_code(outcomes, stopped_by)


def sweep_folder(config: DictConfig, name: str) -> Path:
    """``<paths.runs>/sweeps/<name>``, made."""
    folder = Path(config.paths.runs).resolve() / "sweeps" / slug(name)
    with RunFolder(folder).written():
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def close(name: str, folder: Path, outcomes: Sequence[Outcome]) -> None:
    """Prints the closing table and writes ``sweep.json``: which runs the sweep consists of, after all its commands."""
    show_outcomes(name, outcomes)
    runs: dict[str, Any] = {}
    with suppress(UserError):  # a damaged one is made again, of the points of this command
        runs = {run["id"]: run for run in RunFolder(folder).read("sweep.json").get("runs", [])}
    for end in outcomes:
        runs[end.job.id] = {"id": end.job.id, "label": end.job.label, "overrides": list(end.job.overrides)}
    write_json(folder / "sweep.json", {"name": name, "command": sys.argv, "runs": list(runs.values())})
