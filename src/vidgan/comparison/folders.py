"""Records of runs from their folders."""

from pathlib import Path

from vidgan.comparison.records import RunRecord, comparable, curves, model_scores
from vidgan.errors import UserError
from vidgan.experiment.folder import RunFolder
from vidgan.experiment.paths import with_one_name
from vidgan.experiment.recorded import read_plain
from vidgan.experiment.tables import Table, refuse_changed_tables


def read_folder(folder: RunFolder) -> RunRecord:
    """The record of a run folder.

    Raises:
        UserError: one of its files is damaged.
    """
    try:
        return _record(folder)
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # numbers that are none, keys that are not there
        raise UserError(f"{folder.path}: its recorded scores are damaged ({type(error).__name__}: {error}).") from error


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
        samples={int(p.stem): p for p in sorted(folder.samples.glob("*.png")) if p.stem.isdigit() and _is_own(p)},
        video=video if _is_own(video) else None,
        provenance={**next(reversed(provenance.get("segments", [])), {}), "code": provenance.get("code", {})},
        project="/".join(filter(None, (tracking.get("entity"), tracking.get("project")))) or None,
    )


def _is_own(path: Path) -> bool:
    """Whether a file is there, and no link: one in a foreign run would bring a file of this machine into the page."""
    return path.is_file() and not path.is_symlink()
