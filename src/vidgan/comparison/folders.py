"""Records of runs from their folders."""

from typing import Any

from vidgan.comparison.records import RunRecord, comparable, curves, model_scores
from vidgan.experiment.folder import RunFolder
from vidgan.experiment.recorded import read_plain
from vidgan.experiment.tables import Table


def read_folder(folder: RunFolder) -> RunRecord:
    """The record of a run folder.

    Raises:
        UserError: its ``config.yaml`` cannot be read.
    """
    path = folder.path
    machine = read_plain(path / "machine.yaml") if (path / "machine.yaml").is_file() else {}
    tracking = machine.get("tracking", {})
    video = folder.samples / "comparison.mp4"
    provenance = folder.read("provenance.json")
    return RunRecord(
        id=folder.id,
        config=comparable(_neutral(read_plain(path / "config.yaml"), machine.get("paths", {}))),
        summary=folder.summary,
        clips=model_scores(Table(path / "per_clip.csv").rows()),
        curves=curves(Table(path / "metrics.csv").rows()),
        samples={int(p.stem): p for p in sorted(folder.samples.glob("*.png")) if p.stem.isdigit()},
        video=video if video.is_file() else None,
        provenance={**next(reversed(provenance.get("segments", [])), {}), "code": provenance.get("code", {})},
        project="/".join(filter(None, (tracking.get("entity"), tracking.get("project")))) or None,
    )


def _neutral(value: Any, paths: dict[str, str]) -> Any:
    """The value with this machine's folders as names: where a run was made is not what it is."""
    if isinstance(value, dict):
        return {key: _neutral(item, paths) for key, item in value.items()}
    if isinstance(value, list):
        return [_neutral(item, paths) for item in value]
    if isinstance(value, str):
        for name, folder in sorted(paths.items(), key=lambda item: -len(item[1])):
            if value == folder or value.startswith(f"{folder}/"):
                return f"<paths.{name}>{value[len(folder) :]}"
    return value
