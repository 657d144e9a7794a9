"""Records of runs from their folders."""

from pathlib import Path

from vidgan.comparison.records import RunRecord, comparable, curves, damage_told, model_scores
from vidgan.config.recorded import read_plain
from vidgan.record.canonical_paths import with_one_name
from vidgan.record.folder import RunFolder
from vidgan.record.tables import Table, refuse_changed_tables


def read_folder(folder: RunFolder) -> RunRecord:
    """The record of a run folder.

    Raises:
        UserError: one of its files is damaged.
    """
    with damage_told(folder.path):
        return _record(folder)


def _record(folder: RunFolder) -> RunRecord:
    path = folder.path
    own = folder.recorded_id
    machine = read_plain(path / "machine.yaml", own) if (path / "machine.yaml").is_file() else {}
    tracking = machine.get("tracking", {})
    runs = path.resolve().parents[1]
    folders = {**machine.get("paths", {}), "runs": str(runs)}  # relative ones go from where runs/ is
    video = folder.samples / "comparison.mp4"
    provenance = folder.read("provenance.json")
    refuse_changed_tables(folder)
    return RunRecord(
        id=folder.id,
        config=comparable(with_one_name(read_plain(path / "config.yaml", own), folders, str(runs.parent))),
        summary=folder.summary,
        clips=model_scores(Table(path / "per_clip.csv").rows()),
        curves=curves(Table(path / "metrics.csv").rows()),
        samples={int(p.stem): p for p in sorted(folder.samples.glob("*.png")) if p.stem.isdigit() and _is_own(p, path)},
        video=video if _is_own(video, path) else None,
        provenance={**next(reversed(provenance.get("segments", [])), {}), "code": provenance.get("code", {})},
        project="/".join(filter(None, (tracking.get("entity"), tracking.get("project")))) or None,
    )


def _is_own(path: Path, folder: Path) -> bool:
    """Whether a file is there, and no link out of the run: it would bring a file of this machine into the page."""
    return path.is_file() and path.resolve() == folder.resolve() / path.relative_to(folder)
