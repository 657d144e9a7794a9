"""Records of runs from their folders."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from vidgan.comparison.records import RunRecord, comparable, curves, model_scores
from vidgan.errors import UserError
from vidgan.experiment.folder import FINISHED, RunFolder
from vidgan.experiment.recorded import read_plain
from vidgan.experiment.tables import Table


def read_folder(folder: RunFolder) -> RunRecord:
    """The record of a run folder.

    Raises:
        UserError: one of its files is damaged.
    """
    try:
        return _record(folder)
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # numbers that are none, keys that are not there
        raise UserError(f"{folder.path}: its recorded scores are damaged ({type(error).__name__}: {error}).") from error


def read_several(folders: Sequence[RunFolder]) -> list[RunRecord]:
    """The records of run folders; one that is damaged is told and left out, as long as another one can be read.

    Raises:
        UserError: none can be read.
    """
    records, faults = [], []
    for folder in folders:
        try:
            records.append(read_folder(folder))
        except UserError as error:
            faults.append(error)
    if faults and not records:
        raise faults[0]
    for fault in faults:
        Console(stderr=True).print(f"left out: {fault}", highlight=False, markup=False, soft_wrap=True)
    return records


def _record(folder: RunFolder) -> RunRecord:
    path = folder.path
    machine = read_plain(path / "machine.yaml") if (path / "machine.yaml").is_file() else {}
    tracking = machine.get("tracking", {})
    video = folder.samples / "comparison.mp4"
    provenance = folder.read("provenance.json")
    _refuse_changed_tables(folder)
    return RunRecord(
        id=folder.id,
        config=comparable(_neutral(read_plain(path / "config.yaml"), machine.get("paths", {}))),
        summary=folder.summary,
        clips=model_scores(Table(path / "per_clip.csv").rows()),
        curves=curves(Table(path / "metrics.csv").rows()),
        samples={int(p.stem): p for p in sorted(folder.samples.glob("*.png")) if p.stem.isdigit() and _is_own(p)},
        video=video if _is_own(video) else None,
        provenance={**next(reversed(provenance.get("segments", [])), {}), "code": provenance.get("code", {})},
        project="/".join(filter(None, (tracking.get("entity"), tracking.get("project")))) or None,
    )


def _is_own(path: Path) -> bool:
    """Whether a file is there, and no link: one in a foreign run would bring a file of this machine into the page."""
    return path.is_file() and not path.is_symlink()


def _refuse_changed_tables(folder: RunFolder) -> None:
    """Those of a finished run are held to the checksums in its summary."""
    summary = folder.summary
    for name, checksum in summary.get("tables", {}).items() if summary.get("state") == FINISHED else ():
        if Table(folder.path / name).checksum != checksum:
            raise UserError(f"{folder.path / name} is damaged: it is not as it was when the run finished.")


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
