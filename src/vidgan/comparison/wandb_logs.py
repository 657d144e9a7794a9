"""Records of runs from offline W&B logs."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vidgan.comparison.records import RunRecord, comparable, curves, damage_told, model_scores, read_each
from vidgan.record.folder import FAILED, FINISHED, RUNNING, RunFolder
from vidgan.tracking.wandb_log import WandbLog


def read_logs(files: Sequence[Path]) -> list[RunRecord]:
    """One record a training: the logs of one that was resumed are joined.

    Raises:
        UserError: none is a W&B log, or all are damaged.
    """
    runs: dict[str, list[WandbLog]] = {}
    for log in read_each(files, WandbLog.read):
        if log.run and log.run["job_type"] != "evaluate":
            runs.setdefault(log.run["run_id"], []).append(log)
    return read_each(list(runs.values()), _record)


def _record(logs: Sequence[WandbLog]) -> RunRecord:
    """The record of a run from the logs of its processes, oldest first."""
    with damage_told(logs[-1].path):
        return _joined(logs)


def _joined(logs: Sequence[WandbLog]) -> RunRecord:
    last = logs[-1]
    files = last.path.parent / "files"
    config = {key: value for log in logs for key, value in log.config.items()}
    state = {None: RUNNING, 0: FINISHED}.get(last.exit_code, FAILED)
    pictures, videos = _media(logs, "samples/picture"), _media(logs, "comparison/video")
    scores = files / "per_clip.csv"
    seconds = sum(log.rows[-1]["_runtime"] for log in logs if log.rows)
    return RunRecord(
        id=last.run["run_id"],
        config=experiment_half(config),
        summary={**RunFolder(files).summary, "state": state, "seconds": round(seconds, 1)},
        clips=model_scores(csv.DictReader(scores.read_text(encoding="utf-8").splitlines())) if scores.is_file() else {},
        curves=curves([logged(row) for log in logs for row in log.rows if "iteration" in row]),
        samples=pictures,
        video=videos[max(videos)] if videos else None,
        provenance=config.get("provenance", {}),
        project="/".join(filter(None, (last.run.get("entity"), last.run.get("project")))),
    )


def experiment_half(config: Mapping[str, Any]) -> dict[str, Any]:
    """A run's configuration in W&B without what is logged beside the experiment."""
    beside = ("_wandb", "machine_half", "provenance")
    return comparable({key: value for key, value in config.items() if key not in beside})


def _media(logs: Sequence[WandbLog], name: str) -> dict[int, Path]:
    """Media files that are there, by iteration; those that a log names outside of its own folder are not taken."""
    named = {
        int(row["iteration"]): (log.path.parent / "files", row[name]["path"])
        for log in logs
        for row in log.rows
        if "iteration" in row and name in row
    }
    found = {iteration: folder / path for iteration, (folder, path) in named.items() if (folder / path).is_file()}
    own = {iteration: named[iteration][0].resolve() for iteration in found}
    return {iteration: path for iteration, path in found.items() if path.resolve().is_relative_to(own[iteration])}


def logged(row: dict[str, Any]) -> dict[str, Any]:
    """The numbers that vidgan logged in a row of W&B's history, without W&B's own and without media."""
    return {key: value for key, value in row.items() if isinstance(value, int | float) and not key.startswith("_")}
