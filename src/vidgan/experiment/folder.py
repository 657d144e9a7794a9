"""Run folders: where a run lives, whether it is new, unfinished or done, and who is working on it."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vidgan.atomic import replacing
from vidgan.errors import UserError

RUNNING, FINISHED, FAILED, PRUNED = "running", "finished", "failed", "pruned"


def write_atomically(path: Path, text: str) -> None:
    """Writes a text file so that a reader sees the old or the new one, never a part."""
    with replacing(path) as temporary:
        temporary.write_text(text)


def write_json(path: Path, value: Any) -> None:
    write_atomically(path, json.dumps(value, indent=2) + "\n")


def _try_lock(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class RunFolder:
    """``runs/<task>/<name>-<hash>[-r<revision>]`` and what is in it."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @property
    def last_checkpoint(self) -> Path | None:
        path = self.checkpoints / "last.ckpt"
        return path if path.is_file() else None

    def weights(self, which: str) -> Path:
        """The generator's weights, ``last`` or ``best``.

        Raises:
            UserError: the run has none of that kind.
        """
        path = self.checkpoints / f"{which}.safetensors"
        if not path.is_file():
            has = sorted(p.stem for p in self.checkpoints.glob("*.safetensors"))
            raise UserError(f"Run {self.id} has no '{which}' weights; it has {', '.join(has) or 'none yet'}.")
        return path

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; empty where it is not there."""
        path = self.path / name
        return json.loads(path.read_text()) if path.is_file() else {}

    @property
    def summary(self) -> dict[str, Any]:
        return self.read("summary.json")

    def update_summary(self, **values: Any) -> None:
        write_json(self.path / "summary.json", {**self.summary, **values})

    @property
    def is_locked(self) -> bool:
        """Whether a process works on the run now."""
        path = self.path / ".lock"
        if not path.is_file():
            return False
        with path.open() as file:
            return not _try_lock(file, fcntl.LOCK_SH)

    @contextmanager
    def locked(self, patience: float = 0.0) -> Iterator[None]:
        """Holds the folder for this process; the lock goes with the process, however it ends.

        Args:
            patience: seconds to wait for a process that is about to end.

        Raises:
            UserError: another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        given_up = time.monotonic() + patience
        with (self.path / ".lock").open("a+") as file:
            while not _try_lock(file):
                if time.monotonic() >= given_up:
                    file.seek(0)
                    raise UserError(
                        f"Run {self.id} is being worked on by {file.read().strip() or 'another process'}; wait for "
                        f"it, or change the experiment."
                    )
                time.sleep(0.1)
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
            yield


def revisions(runs: Path, task: str, run_id: str) -> list[RunFolder]:
    """The existing revisions of a run, oldest first."""
    found: list[RunFolder] = []
    while (path := runs / task / (run_id if not found else f"{run_id}-r{len(found) + 1}")).is_dir():
        found.append(RunFolder(path))
    return found


def choose_folder(
    runs: Path, task: str, run_id: str, changes: Callable[[RunFolder], str], fresh: bool
) -> tuple[RunFolder, str]:
    """The folder that a command works in, and one sentence that says why.

    A finished run is returned as it is where code, data and weights are the same; an unfinished one is resumed,
    whatever has changed; otherwise a new revision starts.

    Args:
        runs: folder of all runs.
        task: name of the task.
        run_id: see :func:`vidgan.experiment.identity.run_id`.
        changes: says what has changed since a run started, e.g. ``the code (vidgan.losses.pixel)``; empty for nothing.
        fresh: start a new revision, whatever there is.
    """
    existing = revisions(runs, task, run_id)
    new = RunFolder(runs / task / (run_id if not existing else f"{run_id}-r{len(existing) + 1}"))
    if not existing:
        return new, "A new run."
    newest = existing[-1]
    if fresh:
        return new, "A fresh revision, as asked."
    if not newest.summary:
        return newest, "A new run."
    changed = changes(newest)
    if newest.summary.get("state") != FINISHED:
        note = f" WARNING: changed since it started: {changed}; its provenance says so." if changed else ""
        return newest, f"Unfinished: it goes on from its last checkpoint.{note}"
    if changed:
        return new, f"Changed since {newest.id} finished: {changed}. A new revision."
    return newest, "Finished before, with the same code and data: its recorded result."


def find_run(runs: Path, name: str) -> RunFolder:
    """A run by folder, by id, or by the beginning of its id.

    Raises:
        UserError: no run or more than one matches.
    """
    if (Path(name) / "config.yaml").is_file():
        return RunFolder(Path(name).resolve())
    files = ("config.yaml", "job.yaml")  # a run that waits for SLURM has the latter alone
    known = sorted({path.parent for file in files for path in runs.glob(f"*/*/{file}")})
    matching = [path for path in known if path.name == name] or [p for p in known if p.name.startswith(name)]
    if len(matching) == 1:
        return RunFolder(matching[0])
    if matching:
        raise UserError(f"run={name} matches {', '.join(p.name for p in matching)}; give one whole id.")
    there = ", ".join(path.name for path in known[-5:]) or "none"
    raise UserError(f"run={name} is not in {runs}; runs there: {there}.")
