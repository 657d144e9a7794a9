"""Uploading what W&B has not got yet, and making sure that it arrived.

``wandb sync`` exits with 0 and marks a run as synced even when the server has refused its rows; so what the server has
is asked for and compared with the logs.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vidgan.errors import UserError
from vidgan.record.folder import RunFolder, write_json
from vidgan.tracking.layout import kept_inside
from vidgan.tracking.wandb_log import WandbLog, log_files
from vidgan.tracking.wandb_service import connect

_MARK = "wandb/synced.json"
_PAUSES = (0, 1, 3)  # seconds before each look: a server takes a moment to show what it has taken
#: Would make the uploading process something else than one that uploads.
_NOT_PASSED_ON = ("WANDB_MODE", "WANDB_RUN_ID", "WANDB_SWEEP_ID", "WANDB_PROJECT", "WANDB_SERVICE")


@dataclass(frozen=True)
class SyncReport:
    """How far a run's logs are on the server.

    Attributes:
        run: the run's id in W&B.
        rows: logged rows.
        missing_rows: those that the server has not.
        missing: media files and artifacts that the server has not.
        problem: what went wrong; None if nothing did.
        before: whether it was complete already.
    """

    run: str
    rows: int
    missing_rows: int = 0
    missing: tuple[str, ...] = ()
    problem: str | None = None
    before: bool = False

    @property
    def complete(self) -> bool:
        return not (self.missing_rows or self.missing or self.problem)

    def __str__(self) -> str:
        if self.complete:
            return f"{self.run}: synced {self.rows} rows{' before' if self.before else ''}."
        if self.problem and not self.rows:
            return f"{self.run}: {self.problem}."
        also = f" and {len(self.missing)} files or artifacts" if self.missing else ""
        return (
            f"{self.run}: synced {self.rows - self.missing_rows} rows, missing {self.missing_rows} rows{also}"
            f"{f' ({self.problem})' if self.problem else ''}; nothing is lost here, sync again."
        )


def sync(
    folders: Iterable[Path], patience: float = 600.0, told: Callable[[SyncReport], None] | None = None
) -> list[SyncReport]:
    """Uploads the W&B logs of run folders and compares them with what the server then has.

    A log that was found whole on the server is marked in ``wandb/synced.json`` and not looked at again until it grows.

    Args:
        folders: of runs.
        patience: seconds that the upload of one run may take.
        told: is given each report as soon as it is there.

    Raises:
        UserError: W&B's own process cannot start, or there is no network or no valid key.
    """
    reports: list[SyncReport] = []
    api = None
    for path in folders:
        folder = RunFolder(path)
        if (fresh := _recorded(folder)) is None:
            api = api or connect()
            fresh = [_sync(run, api, patience) for run in _runs(folder)]
        for report in fresh:
            reports.append(report)
            if told is not None:
                told(report)
    return reports


def _recorded(folder: RunFolder) -> list[SyncReport] | None:
    """What the marks say; None if some log has none or has grown."""
    marks = folder.read(_MARK)
    rows: Counter[str] = Counter()
    for file in log_files(folder.path):
        mark = marks.get(file.parent.name)
        if mark is None or mark["size"] != file.stat().st_size:
            return None
        rows[mark["run"]] += mark["rows"]
    return [SyncReport(run, count, before=True) for run, count in rows.items() if run]


@dataclass(frozen=True)
class _Run:
    """The logs of one W&B run: one of each process that worked on it."""

    id: str
    folder: RunFolder
    logs: list[WandbLog]

    @property
    def rows(self) -> int:
        return sum(len(log.rows) for log in self.logs)

    def first(self, key: str) -> str | None:
        return next((log.run[key] for log in self.logs if log.run.get(key)), None)


def _runs(folder: RunFolder) -> list[_Run]:
    by_id: dict[str, list[WandbLog]] = {}
    for file in log_files(folder.path):
        log = WandbLog.read(file)
        by_id.setdefault(log.run.get("run_id", ""), []).append(log)
    _mark(folder, "", by_id.pop("", []))  # of processes that fell back to offline at once; their next logs have all
    return [_Run(run_id, folder, logs) for run_id, logs in by_id.items()]


def _mark(folder: RunFolder, run_id: str, logs: Iterable[WandbLog]) -> None:
    """Notes that the server has all of these logs."""
    new = {
        log.path.parent.name: {"run": run_id, "rows": len(log.rows), "size": log.path.stat().st_size} for log in logs
    }
    if new:
        write_json(folder.path / _MARK, {**folder.read(_MARK), **new})


@dataclass(frozen=True)
class _Server:
    """What the server has of a run: the iteration of every step, its media files and, of our artifacts, those there."""

    iterations: dict[int, int] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    @classmethod
    def ask(cls, api: Any, path: str, artifacts: Iterable[str]) -> "_Server":
        from wandb.errors import CommError

        try:
            run = api.run(path)
        except CommError as error:
            if isinstance(error.exc, ValueError):  # it answers, and does not have the run
                return cls()
            raise
        rows = run.scan_history(keys=["_step", "iteration"], use_cache=False)
        project = path.rpartition("/")[0]
        there = {name for name in artifacts if api.artifact_exists(f"{project}/{name}")}
        return cls(
            {row["_step"]: row["iteration"] for row in rows}, frozenset(there | {file.name for file in run.files()})
        )

    def lacks(self, logs: Iterable[WandbLog]) -> tuple[int, list[str]]:
        """How many rows, and which files and artifacts."""
        here = Counter(row["iteration"] for log in logs for row in log.rows if "iteration" in row)
        names = {name for log in logs for name in (*log.media, *log.artifacts)}
        return (here - Counter(self.iterations.values())).total(), sorted(names - self.names)


def _sync(run: _Run, api: Any, patience: float) -> SyncReport:
    entity = run.first("entity") or os.environ.get("WANDB_ENTITY") or api.default_entity
    path = f"{entity}/{run.first('project')}/{run.id}"
    artifacts = {name for log in run.logs for name in log.artifacts}
    try:
        with run.folder.locked():
            problem = _upload(run, _Server.ask(api, path, artifacts), entity, patience)
        for pause in _PAUSES:
            time.sleep(pause)
            rows, names = _Server.ask(api, path, artifacts).lacks(run.logs)
            if not rows and not names:
                _mark(run.folder, run.id, run.logs)
                return SyncReport(run.id, run.rows)
    except UserError as error:  # it is being trained
        return SyncReport(run.id, 0, problem=str(error).rstrip("."))
    except Exception as error:  # W&B raises many kinds; the other runs are still to be uploaded
        return SyncReport(run.id, run.rows, run.rows, problem=str(error))
    return SyncReport(run.id, run.rows, rows, tuple(names), problem)


def _upload(run: _Run, server: _Server, entity: str, patience: float) -> str | None:
    """Runs ``wandb sync`` on the logs that the server lacks; returns what it complained of, or None."""
    # The last one always: it has the summary and the exit code, which are not compared.
    lacking = [log for log in run.logs if any(server.lacks([log])) or log is run.logs[-1]]
    for log in lacking:
        _avoid(server, log)
    command = [sys.executable, "-m", "wandb", "sync", "--include-online", "--include-synced", "--entity", entity]
    folders = [str(log.path.parent) for log in lacking]
    with kept_inside(run.folder.path):
        environment = {key: value for key, value in os.environ.items() if key not in _NOT_PASSED_ON}
        # A file and not a pipe: W&B's own background process keeps what it inherits open, maybe for hours.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            try:
                ended = subprocess.run(
                    [*command, *folders], env=environment, stdout=said, stderr=subprocess.STDOUT, timeout=patience
                )
            except subprocess.TimeoutExpired:
                return f"the server did not take it in {patience:.0f} s"
            said.seek(0)
            complaints = [line.partition("ERROR")[2].strip() for line in said if "ERROR" in line]
    return "; ".join(complaints) or (None if ended.returncode == 0 else "wandb sync failed")


def _avoid(server: _Server, log: WandbLog) -> None:
    """Lets W&B append a log whose steps another one has taken since, instead of writing over them.

    W&B notes beside a log at which step it began, so that sending it again doubles nothing. But a process that is
    killed before it could send anything leaves a log that begins where the next process began, too.
    """
    state = log.path.with_name(f"{log.path.name}.syncstate")
    if not state.is_file() or not log.rows:
        return
    shift = json.loads(state.read_text(encoding="utf-8"))["starting_step"] - log.rows[0]["_step"]
    if any(server.iterations.get(row["_step"] + shift, row["iteration"]) != row["iteration"] for row in log.rows):
        state.unlink()
