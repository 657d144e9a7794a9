"""What remains of a study: its best trials, which keys matter, how it went; in the sweep's folder and in W&B."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from omegaconf import DictConfig
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.table import Table

from vidgan.launch.naming import short_keys
from vidgan.record.folder import write_atomically
from vidgan.tracking.wandb_tracker import WandbTracker, tracked

_SHOWN = 5


def report(study: optuna.Study, objectives: Sequence[str], folder: Path, config: DictConfig) -> None:
    """Writes ``trials.csv`` and PNG plots, prints the best trials, and logs all to W&B where tracking is on."""
    write_atomically(folder / "trials.csv", trials_table(study, objectives).to_csv(index=False))
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete:
        return
    importance = {name: _importance(study, index) for index, name in enumerate(objectives)}
    _show(study, objectives, best_trials(study), importance)
    with warnings.catch_warnings(action="ignore"):  # Optuna's plots are experimental, and say so each time
        plots = [_save(figure, folder / f"{name}.png") for name, figure in _plots(study, objectives, importance)]
    if config.tracking.mode != "disabled":
        _track(study, objectives, folder, config, importance, plots)


def trials_table(study: optuna.Study, objectives: Sequence[str]) -> pd.DataFrame:
    """One row a trial: its number, state, run, values of the objectives, values of the keys, seconds, error."""
    rows = []
    for trial in study.get_trials(deepcopy=False):
        seconds = trial.duration.total_seconds() if trial.duration is not None else None
        row: dict[str, Any] = {
            "trial": trial.number,
            "state": trial.state.name.lower(),
            "run": trial.user_attrs.get("run"),
        }
        row |= dict(zip(objectives, trial.values or [None] * len(objectives), strict=True))
        rows.append({**row, **trial.params, "seconds": seconds, "error": trial.user_attrs.get("error")})
    return pd.DataFrame(rows)


def best_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The best few; of several objectives those that no other trial beats in all."""
    if len(study.directions) > 1:
        return study.best_trials
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    downwards = study.direction is optuna.study.StudyDirection.MAXIMIZE
    return sorted(complete, key=lambda trial: trial.value or 0.0, reverse=downwards)[:_SHOWN]


def _importance(study: optuna.Study, index: int) -> dict[str, float]:
    """Shares of the keys in one objective (PED-ANOVA); empty where the trials are too few or all alike."""
    # PED-ANOVA asks what leads to low values of a given target.
    sign = -1 if study.directions[index] is optuna.study.StudyDirection.MAXIMIZE else 1
    try:
        with warnings.catch_warnings(action="ignore"):
            return optuna.importance.get_param_importances(study, target=lambda trial: sign * trial.values[index])
    except (ValueError, RuntimeError):
        return {}


def _show(
    study: optuna.Study,
    objectives: Sequence[str],
    best: Sequence[FrozenTrial],
    importance: dict[str, dict[str, float]],
) -> None:
    short = short_keys([key.lstrip("+") for key in best[0].params])
    table = Table(title=f"{study.study_name}: best trials")
    for column in ("trial", "run", *objectives, *short.values()):
        table.add_column(column, overflow="fold")
    for trial in best:
        values = [f"{value:.4g}" for value in trial.values]
        chosen = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in trial.params.values()]
        table.add_row(str(trial.number), str(trial.user_attrs.get("run")), *values, *chosen)
    console = Console()
    console.print(table)
    for name, shares in importance.items():
        told = ", ".join(f"{short[key.lstrip('+')]} {share:.0%}" for key, share in shares.items())
        if told:
            console.print(f"what {name} depends on: {told}", highlight=False)


def _plots(
    study: optuna.Study, objectives: Sequence[str], importance: dict[str, dict[str, float]]
) -> Iterator[tuple[str, Any]]:
    import matplotlib as mpl

    mpl.use("Agg")
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    from optuna.visualization import matplotlib as draw

    several = len(objectives) > 1
    for index, name in enumerate(objectives):
        # Optuna wants the target named only where there is a choice.
        target: Any = {"target": lambda trial, index=index: trial.values[index]} if several else {}
        suffix = f"_{name.replace('/', '_')}" if several else ""
        yield f"history{suffix}", draw.plot_optimization_history(study, target_name=name, **target).figure
        axes: Any = draw.plot_slice(study, target_name=name, **target)  # one, or an array of them
        figure = (axes if hasattr(axes, "figure") else axes.flat[0]).figure
        figure.set_size_inches(5 * len(study.best_trials[0].params), 5)
        yield f"slices{suffix}", figure
        if importance[name]:
            yield f"importance{suffix}", _bars(name, importance[name])
    if len(objectives) in (2, 3):
        yield "pareto", draw.plot_pareto_front(study, target_names=list(objectives)).figure


def _bars(objective: str, shares: dict[str, float]) -> Any:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.barh(list(shares)[::-1], list(shares.values())[::-1])
    axes.set(title="what it depends on (PED-ANOVA)", xlabel=f"share in {objective}", xlim=(0, 1))
    return figure


def _save(figure: Any, path: Path) -> Path:
    import matplotlib.pyplot as plt

    temporary = path.with_suffix(".tmp")
    figure.savefig(temporary, dpi=150, bbox_inches="tight", format="png")
    plt.close(figure)
    return temporary.replace(path)


def _track(
    study: optuna.Study,
    objectives: Sequence[str],
    folder: Path,
    config: DictConfig,
    importance: dict[str, dict[str, float]],
    plots: Sequence[Path],
) -> None:
    """A W&B run of the study itself, the same one after each resume."""
    name = f"study-{study.study_name}"
    arguments = {
        "id": name,
        "name": name,
        "dir": str(folder),
        "project": config.tracking.project,
        "entity": config.tracking.entity,
        "group": study.study_name,
        "job_type": "study",
        "resume": "allow",
        "config": {"study": study.study_name, **study.user_attrs},
    }
    tracker = WandbTracker(arguments, config.tracking)
    done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    best = best_trials(study)[0]
    row = {f"best_trial/{name}": value for name, value in zip(objectives, best.values, strict=True)}
    for objective, shares in importance.items():
        row |= {f"importance/{objective}/{key}": share for key, share in shares.items()}
    with tracked(tracker):
        tracker.log_metrics(row, step=done)
        tracker.log_media({path.stem: path for path in plots}, done)
