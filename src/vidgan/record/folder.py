"""Run folders: where a run lives, whether it is new, unfinished or done, and who is working on it."""

import json
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import portalocker
from portalocker import LockFlags

from vidgan.atomic import replacing
from vidgan.errors import UserError
from vidgan.record.names import name_of
from vidgan.record.summary import misshapen

_CHECKSUM = "crc32"
RUNNING, FINISHED, FAILED, PRUNED = "running", "finished", "failed", "pruned"
ERROR = "error.txt"  # of a job's attempt that has failed


def write_atomically(path: Path, text: str) -> None:
    """Writes a text file so that a reader sees the old or the new one, never a part."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes keys and values with a checksum of themselves, which :meth:`RunFolder.read` holds them to."""
    write_atomically(path, json.dumps({**value, _CHECKSUM: _checksum(value)}, indent=2) + "\n")


def _checksum(value: Mapping[str, Any]) -> str:
    as_read = json.loads(json.dumps(value))
    return f"{zlib.crc32(json.dumps(as_read, sort_keys=True).encode()):08x}"


def _try_lock(file: IO[str], kind: LockFlags = LockFlags.EXCLUSIVE) -> bool:
    try:
        portalocker.lock(file, kind | LockFlags.NON_BLOCKING)
    except (portalocker.LockException, OSError):
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
        """A JSON file of the folder; empty where it is not there.

        Raises:
            UserError: it is not as it was written.
        """
        path = self.path / name
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or found.pop(_CHECKSUM, None) not in (None, _checksum(found)):
            raise UserError(f"{path} is damaged; put back a copy of it, or train the run anew with fresh=true.")
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """What the run has come to.

        Raises:
            UserError: it is not as it was written, or not what a run writes.
        """
        found = self.read("summary.json")
        if key := misshapen(found):
            raise UserError(f"{self.path / 'summary.json'}: {key} is not what a run writes; put back a copy of it.")
        return found

    @property
    def recorded_id(self) -> str | None:
        """The id in its summary, which stays when the folder is renamed; None where that cannot be read."""
        with suppress(UserError):
            return self.summary.get("id")
        return None

    @property
    def state(self) -> str:
        """As its summary has it: running also where its process is gone; none where there is nothing to be read."""
        try:
            return str(self.summary.get("state", "none"))
        except (UserError, ValueError):
            return "none"

    @property
    def started(self) -> float:
        """When it was last started or resumed, in seconds; where that is not recorded, when its summary was written."""
        try:
            return datetime.fromisoformat(self.read("provenance.json")["segments"][-1]["started"]).timestamp()
        except (UserError, ValueError, KeyError, IndexError, TypeError):
            path = self.path / "summary.json"
            return path.stat().st_mtime if path.is_file() else 0.0

    def update_summary(self, **values: Any) -> None:
        write_json(self.path / "summary.json", {**self.summary, **values})

    @property
    def is_locked(self) -> bool:
        """Whether a process works on the run now."""
        path = self.path / ".lock"
        if not path.is_file():
            return False
        try:
            with path.open() as file:
                return not _try_lock(file, LockFlags.SHARED)
        except OSError:  # somebody else's, and kept to themselves
            return False

    @contextmanager
    def locked(self, patience: float = 0.0) -> Iterator[None]:
        """Holds the folder for this process; the lock goes with the process, however it ends.

        Args:
            patience: seconds to wait for a process that is about to end.

        Raises:
            UserError: another process holds it, or it cannot be written.
        """
        given_up = time.monotonic() + patience
        with self._lock_file() as file:
            while not _try_lock(file):
                if time.monotonic() >= given_up:
                    file.seek(0)
                    raise UserError(
                        f"Run {self.id} is being worked on by {file.read().strip() or 'another process'}; wait for "
                        f"it, or change the experiment."
                    )
                time.sleep(0.1)
            with suppress(OSError):  # the lock counts, not what it says: the disk may be full
                file.truncate(0)
                os.write(file.fileno(), f"process {os.getpid()} on {socket.gethostname()}".encode())
            yield

    def _lock_file(self) -> IO[str]:
        with self.written():
            self.path.mkdir(parents=True, exist_ok=True)
            return (self.path / ".lock").open("a+", encoding="utf-8")

    @contextmanager
    def written(self) -> Iterator[None]:
        """Makes one sentence of what the system refuses as the folder is made and written.

        Raises:
            UserError: it refuses.
        """
        try:
            yield
        except OSError as error:
            raise UserError(
                f"{self.path} cannot be written ({error.strerror}); choose another place by paths.runs=<folder>."
            ) from error


def revisions(runs: Path, task: str, run_id: str) -> list[RunFolder]:
    """The existing revisions of a run, oldest first; some may have been removed."""
    found = {path: _revision(path.name, run_id) for path in (runs / task).glob(f"{run_id}*") if path.is_dir()}
    return [RunFolder(path) for path in sorted(found, key=lambda path: found[path]) if found[path]]


def _revision(folder: str, run_id: str) -> int:
    """The number of a revision, from 1; 0 where the folder is of another run."""
    if folder == run_id:
        return 1
    number = folder.removeprefix(f"{run_id}-r")
    return int(number) if number != folder and number.isdecimal() else 0


def choose_folder(
    runs: Path, task: str, run_id: str, changes: Callable[[RunFolder], str], fresh: bool
) -> tuple[RunFolder, str]:
    """The folder that a command works in, and one sentence that says why.

    A finished run is returned as it is where code, data and weights are the same, the newest revision of which that is
    true; an unfinished one is resumed, whatever has changed; otherwise a new revision starts.

    Args:
        runs: folder of all runs.
        task: name of the task.
        run_id: see :func:`vidgan.record.identity.run_id`.
        changes: says what has changed since a run started, e.g. ``the code (vidgan.losses.pixel)``; empty for nothing.
        fresh: start a new revision, whatever there is.
    """
    existing = revisions(runs, task, run_id)
    number = _revision(existing[-1].id, run_id) + 1 if existing else 1
    new = RunFolder(runs / task / (run_id if number == 1 else f"{run_id}-r{number}"))
    if not existing:
        return new, "A new run."
    newest = existing[-1]
    if fresh:
        return new, "A fresh revision, as asked."
    if not newest.summary:
        return newest, "A new run."
    if (other := newest.summary.get("id", newest.id)) != newest.id:
        where = newest.path / "summary.json"
        raise UserError(f"{where} is of another run, {other}; put back its own, or train anew with fresh=true.")
    changed = changes(newest)
    if changed and (same := _finished_as_now(existing[:-1], changes)):
        return same, f"Finished before, as {same.id}, with the code and data of now: its recorded result."
    if newest.summary.get("state") != FINISHED:
        note = f" WARNING: changed since it started: {changed}; its provenance says so." if changed else ""
        return newest, f"Unfinished: it goes on from its last checkpoint.{note}"
    if changed:
        return new, f"Changed since {newest.id} finished: {changed}. A new revision."
    return newest, "Finished before, with the same code and data: its recorded result."


def _finished_as_now(older: Sequence[RunFolder], changes: Callable[[RunFolder], str]) -> RunFolder | None:
    """The newest finished one of which nothing has changed; one whose records are damaged does not count."""
    for folder in reversed(older):
        with suppress(UserError):
            if folder.state == FINISHED and folder.read("provenance.json") and not changes(folder):
                return folder
    return None


def find_run(runs: Path, name: str) -> RunFolder:
    """A run in any state, by folder, by id, or by the beginning of its id.

    Raises:
        UserError: no run or more than one matches.
    """
    if folder := _by_path(name):
        return folder
    matching = _matching(runs, name)
    if len(matching) == 1:
        return matching[0]
    told = ", ".join(f"{run.id} ({run.state})" for run in matching)
    raise UserError(f"run={name} matches {told}; give one whole id.")


def find_trained(
    runs: Path,
    name: str,
    fits: Callable[[RunFolder], bool] = lambda run: True,
    preferred: Callable[[RunFolder], bool] = lambda run: True,
) -> RunFolder:
    """The run whose weights a command is to use: by folder or whole id one in any state, else the newest finished one.

    Where several runs of a task have the name, a line says which is taken.

    Args:
        runs: the folder of all runs.
        name: folder, id, name, or the beginning of either; ``<task>/<name>`` looks among the runs of a task.
        fits: whether a command can use a run; others do not count.
        preferred: whether a run is of the kind that is meant; where several have the name, others do not count.

    Raises:
        UserError: no finished run matches, or runs of several names or tasks do.
    """
    if folder := _by_path(name):
        return folder
    matching = _matching(runs, name)
    if len(matching) == 1 and matching[0].id == name:
        return matching[0]
    finished = [run for run in matching if run.state == FINISHED]
    usable = sorted((run for run in finished if fits(run)), key=lambda run: run.started)
    if not usable:
        told = ", ".join(f"{run.id} ({_why_not(run)})" for run in matching)
        raise UserError(f"run={name} is no finished run that this command can use: {told}; see vidgan-runs list.")
    usable = [run for run in usable if len(usable) > 1 and preferred(run)] or usable
    names = {name_of(run.id) for run in usable}
    if len(usable) > 1 and (len(names) > 1 or len(name.rpartition("/")[2]) > len(names.pop())):
        raise UserError(f"run={name} matches {', '.join(run.id for run in usable)}; give a whole name or id.")
    if len(tasks := sorted({run.path.parent.name for run in usable})) > 1:
        told = " or ".join(f"run={task}/{name.rpartition('/')[2]}" for task in tasks)
        raise UserError(f"run={name} is the name of runs of several tasks; give {told}.")
    newest = usable[-1]
    if len(usable) > 1:
        print(f"run={name}: {len(usable)} finished runs have this name; this is the newest, {newest.id}.")
    return newest


def _why_not(run: RunFolder) -> str:
    return {FINISHED: "for another command", RUNNING: "not finished"}.get(run.state, run.state)


def _by_path(name: str) -> RunFolder | None:
    if not name:
        raise UserError("run is empty; give a run's id, its name or its folder.")
    return RunFolder(Path(name).resolve()) if (Path(name) / "config.yaml").is_file() else None


def _matching(runs: Path, name: str) -> list[RunFolder]:
    """Runs of that id, else of that name, else those whose id begins so.

    Raises:
        UserError: there is none.
    """
    if "/" in name and not all(name.rpartition("/")[::2]):
        raise UserError(f"run={name}: a part of <task>/<name> is empty (is a variable of the shell unset?).")
    files = ("config.yaml", "job.yaml")  # a run that waits for SLURM has the latter alone
    known = sorted({path.parent for file in files for path in runs.glob(f"*/*/{file}")})
    task, _, own = name.rpartition("/")
    of_task = [path for path in known if task in ("", path.parent.name)]
    found = (
        [path for path in of_task if path.name == own]
        or [path for path in of_task if name_of(path.name) == own]
        or [path for path in of_task if path.name.startswith(own)]
    )
    if not found:
        there = ", ".join(path.name for path in known[-5:]) or "none"
        raise UserError(f"run={name} is not in {runs}; runs there: {there}.")
    return [RunFolder(path) for path in found]
