"""Records of runs from a W&B server."""

import csv
import tempfile
from pathlib import Path
from typing import Any

from vidgan.comparison.records import RunRecord, curves, damage_told, model_scores, read_each
from vidgan.comparison.wandb_logs import experiment_half, logged
from vidgan.errors import UserError
from vidgan.record.folder import RunFolder
from vidgan.tracking.wandb_service import connect

PREFIX = "wandb:"
#: W&B's states by vidgan's names; others are told as they are.
_STATES = {"crashed": "failed", "killed": "failed"}


def read_project(argument: str) -> list[RunRecord]:
    """The runs of ``wandb:entity/project`` or ``wandb:entity/project/group``.

    Raises:
        UserError: the argument is malformed, the server refuses or has no such runs.
    """
    entity, project, *group = argument.removeprefix(PREFIX).split("/", 2)[:3] if argument.count("/") else ("", "")
    if not entity or not project:
        raise UserError(f"{argument}: give wandb:entity/project or wandb:entity/project/group.")
    import wandb

    try:
        runs = connect().runs(f"{entity}/{project}", filters={"group": group[0]} if group else {})
        trained = [run for run in runs if run.job_type != "evaluate"]
        records = read_each(trained, lambda run: _record(run, f"{entity}/{project}"))
    except (wandb.errors.Error, ValueError, OSError) as error:
        raise UserError(f"{argument} cannot be read: {error}; see `wandb login` and the names.") from error
    if not records:
        raise UserError(f"{argument} has no training runs; see its page for the names of groups.")
    return records


def _record(run: Any, project: str) -> RunRecord:
    with damage_told(f"{PREFIX}{project}/{run.id}"):
        return _fetched(run, project)


def _fetched(run: Any, project: str) -> RunRecord:
    with tempfile.TemporaryDirectory() as folder:
        _file(run, "summary.json", folder)
        summary = RunFolder(Path(folder)).summary
        scores = _file(run, "per_clip.csv", folder)
    rows = [row for row in run.scan_history() if "iteration" in row]
    return RunRecord(
        id=run.id,
        config=experiment_half(run.config),
        summary={
            **summary,
            "state": _STATES.get(run.state, run.state),
            "seconds": run.summary.get("_runtime", summary.get("seconds")),
        },
        clips=model_scores(csv.DictReader(scores.splitlines())),
        curves=curves([logged(row) for row in rows]),
        provenance=run.config.get("provenance", {}),
        project=project,
    )


def _file(run: Any, name: str, folder: str) -> str:
    """The text of a file of the run; empty where it has none."""
    if not list(run.files([name])):
        return ""
    run.file(name).download(root=folder, replace=True)
    return (Path(folder) / name).read_text(encoding="utf-8")
