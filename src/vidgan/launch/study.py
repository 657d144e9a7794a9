"""A sweep that Optuna steers: trials in fresh processes, as many at a time as the machine has slots, none waits for
another. It goes on towards its total however it ended before.
"""

import dataclasses
import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

import optuna
from omegaconf import DictConfig, OmegaConf
from optuna.distributions import distribution_to_json
from optuna.trial import TrialState

from vidgan.config.instantiate import build
from vidgan.config.schema import PreflightMode
from vidgan.errors import UserError
from vidgan.experiment.preflight import Preflight
from vidgan.launch.costs import show_costs
from vidgan.launch.job import TrainingJob
from vidgan.launch.job_result import Outcome, State, exit_code
from vidgan.launch.local import run_jobs
from vidgan.launch.naming import label, sweep_name
from vidgan.launch.space import Space, Values, grid, probes, shown
from vidgan.launch.sweep import Point, close, examine, set_names, sweep_folder
from vidgan.launch.trial import PRUNERS, chosen, open_storage
from vidgan.metrics.direction import read
from vidgan.randomness import mix
from vidgan.record.code_fingerprint import fingerprint
from vidgan.record.folder import RunFolder
from vidgan.record.identity import run_id
from vidgan.record.inputs import code_of
from vidgan.record.tables import Table
from vidgan.tracking.csv_logger import best_values

SAMPLERS = {
    "tpe": optuna.samplers.TPESampler,
    "random": optuna.samplers.RandomSampler,
    "grid": optuna.samplers.RandomSampler,  # never asked: the points are enqueued
    "cmaes": optuna.samplers.CmaEsSampler,
    "nsga2": optuna.samplers.NSGAIISampler,
}
Direction = Literal["maximize", "minimize"]
#: Prefix of an objective that is a metric's best validation; without it, it is the metric on the test clips.
BEST = "best/"
_DONE = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class StudySettings:
    """The options of ``hydra/sweeper=study``; see :class:`hydra_plugins.vidgan.study.StudyConfig`."""

    study: str | None
    trials: int
    objectives: tuple[str, ...]
    directions: tuple[str, ...] | None
    sampler: str
    sampler_options: dict[str, Any]
    pruner: str | None
    pruner_options: dict[str, Any]
    storage: str | None
    max_failures: int
    seed: int


@dataclass
class StudySweep:
    """One command's work on a study.

    Args:
        settings: what was asked for.
        space: what is searched.
        compose: makes a point of the values of a trial.
    """

    settings: StudySettings
    space: Space
    compose: Callable[[Values], Point]
    preflight: Preflight = field(default_factory=Preflight)
    outcomes: list[Outcome] = field(default_factory=list)
    failures: int = 0
    _live: dict[str, list[optuna.Trial]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the study."""
        assert self.settings.study is not None
        return self.settings.study

    def run(self) -> int:
        """Goes on towards the total number of trials; returns the exit code.

        Raises:
            UserError: the settings, a point or the study's past are at fault; nothing was started.
        """
        values = grid(self.space) if self.settings.sampler == "grid" else probes(self.space)
        points = [self.compose(combination) for combination in values]
        costs = examine(points, self.preflight)
        example = points[0].config
        assert example is not None
        if self.settings.study is None:
            self.settings = dataclasses.replace(self.settings, study=sweep_name([example.name], list(self.space)))
        if OmegaConf.select(example, "machine.slurm") is not None:
            raise UserError(
                "hydra/sweeper=study runs its trials where it runs itself, and machine.slurm is set: start it on a "
                "node of an allocation, with another machine."
            )
        self._refuse_nonsense()
        for point, combination in zip(points, values, strict=True):
            self._name(point, combination)
        if example.preflight is PreflightMode.only:
            show_costs([TrainingJob.plan(point.config, point.overrides) for point in points if point.config], costs)
            return 0
        folder = sweep_folder(example, self.name)
        with RunFolder(folder).locked():
            return self._run(example, folder, values)

    def _refuse_nonsense(self) -> None:
        if Path(self.name).name != self.name:
            raise UserError(f"hydra.sweeper.study={self.name} is the name of a folder; leave out slashes.")
        if self.settings.pruner is not None:
            chosen("pruner", PRUNERS, self.settings.pruner, self.settings.pruner_options)
            if len(self.settings.objectives) > 1:
                raise UserError("hydra.sweeper.pruner: a study of several objectives cannot prune; set it to null.")

    def _run(self, example: DictConfig, folder: Path, values: list[Values]) -> int:
        from vidgan.launch.study_report import report

        self.study = self._open(folder, self._directions(example))
        self._refuse_changes(example)
        self._reap()
        if self.settings.sampler == "grid":
            self._enqueue_missing(values)
        left = max(0, self._total(values) - len(self.study.get_trials(deepcopy=False, states=_DONE)))
        n_jobs, progress = example.machine.n_jobs, example.machine.progress
        stopped_by = run_jobs(lambda: self._next(self._total(values)), self._ended, n_jobs, left, progress)
        close(self.name, folder, self.outcomes)
        report(self.study, self.settings.objectives, folder, example)
        if self.failures >= self.settings.max_failures:
            print(f"Given up after {self.failures} failed trials (hydra.sweeper.max_failures).", file=sys.stderr)
            return exit_code(self.outcomes, stopped_by)
        return 0 if stopped_by is None else 128 + stopped_by

    def _total(self, values: list[Values]) -> int:
        return len(values) if self.settings.sampler == "grid" else self.settings.trials

    # Opening -----------------------------------------------------------------------------------------------------

    def _directions(self, example: DictConfig) -> list[Direction]:
        """As given, or as the protocol's metrics say."""
        metrics = build(example.protocol, "protocol").metrics if example.protocol is not None else {}
        names = [name.removeprefix(BEST) for name in self.settings.objectives]
        for name in names:
            if name not in metrics:
                raise UserError(
                    f"hydra.sweeper.objective: '{name}' is not a metric that this protocol can compute here "
                    f"({', '.join(metrics)})."
                )
        if names != list(self.settings.objectives) and example.validation.every is None:
            raise UserError("hydra.sweeper.objective is the best of all validations: set validation.every.")
        if self.settings.directions is None:
            for name in names:
                if metrics[name].ideal is not None:
                    raise UserError(
                        f"hydra.sweeper.objective: {name} is best at {metrics[name].ideal:g}, and a study goes up or "
                        f"down for ever; choose another metric, or set hydra.sweeper.direction."
                    )
            return ["maximize" if metrics[name].higher_is_better else "minimize" for name in names]
        unknown = [direction for direction in self.settings.directions if direction not in get_args(Direction)]
        if unknown or len(self.settings.directions) != len(self.settings.objectives):
            raise UserError("hydra.sweeper.direction must be maximize or minimize, one for each objective.")
        return [cast(Direction, direction) for direction in self.settings.directions]

    def _open(self, folder: Path, directions: list[Direction]) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self.storage = self.settings.storage or str(folder / "study.journal")
        storage = open_storage(self.storage)
        names = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
        begun = 0
        if self.name in names:
            before = optuna.load_study(study_name=self.name, storage=storage)
            begun = len(before.get_trials(deepcopy=False))
            if (was := [direction.name.lower() for direction in before.directions]) != directions:
                raise UserError(
                    f"Study '{self.name}' was made to {' and '.join(was)}, not to {' and '.join(directions)};"
                    f" give hydra.sweeper.study another name, or undo the change."
                )
        options = dict(self.settings.sampler_options)
        if self.settings.sampler != "grid":  # after a restart the sampler must not repeat what it drew first
            options.setdefault("seed", mix(self.settings.seed, "study", begun) % 2**32)
        return optuna.create_study(
            study_name=self.name,
            storage=storage,
            directions=directions,
            sampler=chosen("sampler", SAMPLERS, self.settings.sampler, options),
            load_if_exists=True,
        )

    def _refuse_changes(self, example: DictConfig) -> None:
        """Keeps one study to one search: trials of different questions must not be compared."""
        now: dict[str, Any] = {
            "space": {key: distribution_to_json(given) for key, given in self.space.items()},
            "objectives": list(self.settings.objectives),
            "experiment": run_id(example),
        }
        was = self.study.user_attrs.get("search", now)
        remedy = "give hydra.sweeper.study another name, or undo the change."
        name = self.name
        if was["space"] != now["space"]:
            keys = sorted(
                key for key in {*was["space"], *now["space"]} if was["space"].get(key) != now["space"].get(key)
            )
            raise UserError(f"Study '{name}' was made with another search space for {', '.join(keys)}; {remedy}")
        if was["objectives"] != now["objectives"]:
            raise UserError(f"Study '{name}' was made for {', '.join(was['objectives'])}; {remedy}")
        if was["experiment"] != now["experiment"]:
            raise UserError(
                f"Study '{name}' was made with another experiment (fixed overrides, or the files that they name); "
                f"{remedy}"
            )
        self.study.set_user_attr("search", now)
        now_code = fingerprint(code_of(example))
        code = self.study.user_attrs.get("code", now_code)
        if code != now_code:
            print(f"WARNING: the code has changed since study '{name}' began; its trials are not all of one kind.")
        self.study.set_user_attr("code", code)

    def _reap(self) -> None:
        """Queues the trials of a sweep that was killed or stopped: the same values find the same run, half done.

        Nobody else works on them, as this process holds the lock of the study's folder.
        """
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            values = {**trial.system_attrs.get("fixed_params", {}), **trial.params}
            self.study.tell(trial.number, state=TrialState.FAIL)
            if values.keys() == self.space.keys():
                self.study.enqueue_trial(values, user_attrs={"continues": trial.number})

    def _enqueue_missing(self, values: list[Values]) -> None:
        known = self.study.get_trials(deepcopy=False, states=(*_DONE, TrialState.WAITING))
        there = [{**trial.system_attrs.get("fixed_params", {}), **trial.params} for trial in known]
        for combination in values:
            if combination not in there:
                self.study.enqueue_trial(combination)

    # Trials ------------------------------------------------------------------------------------------------------

    def _next(self, total: int) -> TrainingJob | None:
        """The job of the next trial; trials whose run is there already, or is running, or cannot be, need none."""
        while self.failures < self.settings.max_failures:
            done = len(self.study.get_trials(deepcopy=False, states=_DONE))
            if done + sum(map(len, self._live.values())) >= total:
                return None
            if self.settings.sampler == "grid" and not self.study.get_trials(states=(TrialState.WAITING,)):
                return None
            trial = self.study.ask(self.space)
            job = self._job(trial)
            if job is None:
                continue
            if job.finished:
                self._ended(Outcome(job, State.EXISTED), [trial])
            elif job.id in self._live:
                self._live[job.id].append(trial)
            else:
                self._live[job.id] = [trial]
                return job
        return None

    def _job(self, trial: optuna.Trial) -> TrainingJob | None:
        point = self.compose(trial.params)
        try:
            examine([point], self.preflight)
        except UserError as error:
            print(f"trial {trial.number}: {error}", file=sys.stderr)
            self._fail(trial, str(error))
            return None
        self._name(point, trial.params)
        assert point.config is not None
        job = TrainingJob.plan(point.config, point.overrides)
        trial.set_user_attr("run", job.id)
        if self.settings.pruner is None:
            return job
        told = {
            "storage": self.storage,
            "study": self.name,
            "number": trial.number,
            "objective": self.settings.objectives[0].removeprefix(BEST),
            "pruner": self.settings.pruner,
            "options": self.settings.pruner_options,
        }
        return dataclasses.replace(job, trial=told)

    def _name(self, point: Point, values: Values) -> None:
        assert point.config is not None
        told = shown(values)
        set_names(point.config, self.name, label(told, list(told)))

    def _ended(self, outcome: Outcome, trials: list[optuna.Trial] | None = None) -> None:
        """Tells the study how a run ended; a stopped one stays open for the next command."""
        self.outcomes.append(outcome)
        scores = scores_of(outcome.job.folder)
        values = [scores.get(name, math.nan) for name in self.settings.objectives]
        for trial in self._live.pop(outcome.job.id, []) if trials is None else trials:
            if outcome.state is State.PRUNED:
                self.study.tell(trial, state=TrialState.PRUNED)
            elif outcome.state is State.FAILED:
                self._fail(trial, outcome.error or "")
            elif outcome.state is not State.STOPPED:
                if all(math.isfinite(value) for value in values):
                    self.study.tell(trial, values)
                else:
                    self._fail(trial, f"{', '.join(self.settings.objectives)} are not finite: {values}")

    def _fail(self, trial: optuna.Trial, error: str) -> None:
        self.failures += 1
        trial.set_user_attr("error", error)
        self.study.tell(trial, state=TrialState.FAIL)


def scores_of(folder: RunFolder) -> dict[str, float]:
    """What a study may optimize: the scores on the test clips, and as ``best/...`` those of the validations."""
    summary, table = folder.summary, Table(folder.path / "metrics.csv")
    return {**summary.get("metrics", {}), **best_values(table.rows(), read(summary))}
