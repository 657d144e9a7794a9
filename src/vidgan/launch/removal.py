"""Removing runs: with care, as nothing brings them back."""

import shutil
from pathlib import Path

from vidgan.errors import UserError
from vidgan.launch.ownership import refuse_elsewhere
from vidgan.launch.status import QUEUED, statuses
from vidgan.record.folder import FINISHED, RunFolder
from vidgan.record.names import base_id


def remove(folder: RunFolder, runs: Path, yes: bool) -> str:
    """Deletes the folder of a run after a question; returns one sentence that says what became of it.

    Links within it are removed, not what they lead to.

    Args:
        folder: of the run.
        runs: the folder of all runs; nothing outside of it is touched.
        yes: ask nothing.

    Raises:
        UserError: it is at work, it is not in ``runs``, it is the only finished copy and ``yes`` is not said, or the
            system refuses.
    """
    refuse_elsewhere(folder, runs)
    state = statuses([folder])[0].state
    if folder.is_locked or state == QUEUED:
        raise UserError(f"Run {folder.id} is {'queued' if state == QUEUED else 'running'}; cancel it first.")
    if not yes:
        if _only_finished(folder):
            raise UserError(
                f"Run {folder.id} is the only finished copy of its experiment, which would have to be trained again; "
                f"say --yes to remove it."
            )
        if not _agreed(f"Remove {folder.id} ({state}, {_megabytes(folder.path):.0f} MB)? [y/N] "):
            return "It is kept."
    hidden = folder.path.with_name(f".removed-{folder.id}")
    try:
        with folder.locked():  # not while somebody begins to work on it
            folder.path.rename(hidden)
        shutil.rmtree(hidden)
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be removed ({error.strerror}); see whose it is.") from error
    return "It is removed."


def _only_finished(folder: RunFolder) -> bool:
    """Whether it is finished, and no other revision of it is."""
    own = base_id(folder.id)
    others = (RunFolder(path) for path in folder.path.parent.glob(f"{own}*") if path != folder.path)
    return folder.state == FINISHED and not any(base_id(run.id) == own and run.state == FINISHED for run in others)


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        raise UserError("Nobody answers here; say --yes to remove runs without a question.") from None


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6
