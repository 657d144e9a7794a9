"""W&B's files on this machine: where they lie, and what a run has logged, read by W&B's own inspector."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any


@contextmanager
def kept_inside(folder: Path) -> Iterator[None]:
    """Makes W&B stage artifacts and cache inside of a folder; it takes these places from the environment only."""
    places = {"WANDB_DATA_DIR": str(folder / "wandb"), "WANDB_CACHE_DIR": str(folder / "wandb" / "cache")}
    telemetry = {} if "WANDB_ERROR_REPORTING" in os.environ else {"WANDB_ERROR_REPORTING": "false"}
    before = {name: os.environ.get(name) for name in places | telemetry}
    os.environ.update(places | telemetry)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(frozen=True)
class WandbLog:
    """One ``.wandb`` file: what one process has logged of a run. The torn end that ``kill -9`` leaves is not read.

    Attributes:
        path: the file.
        records: its records, oldest first, as ``wandb leet inspect --json`` prints them.
    """

    path: Path
    records: list[dict[str, Any]] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "WandbLog":
        command = [sys.executable, "-m", "wandb", "leet", "inspect", str(path), "--json"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return cls(path, [json.loads(line) for line in lines])

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [record[kind] for record in self.records if record["type"] == kind]

    @cached_property
    def run(self) -> dict[str, Any]:
        """Id, project, group, tags, config and so on; empty where the process died before it had told them."""
        return next(iter(self._of("run")), {})

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The history; what is nested has dotted names."""
        return [record["item"] for record in self._of("history")]

    @cached_property
    def media(self) -> list[str]:
        """Paths of pictures and videos, below the run's ``files`` folder here and by the same name on the server."""
        named = ((name.removesuffix(".path"), row, value) for row in self.rows for name, value in row.items())
        return [value for name, row, value in named if f"{name}._type" in row]

    @cached_property
    def artifacts(self) -> list[str]:
        """``name:alias`` of every artifact, by an alias that later versions do not take over at once."""
        records = self._of("artifact")
        return [f"{record['name']}:{(set(record['aliases']) - {'latest'} or {'latest'}).pop()}" for record in records]

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Definitions of metrics by exact name."""
        return {record["name"]: record for record in self._of("metric")}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The last value of every summary key."""
        return {key: value for record in self._of("summary") for key, value in record["update"].items()}

    @cached_property
    def exit_code(self) -> int | None:
        """None while the process lives, or if it was killed."""
        return next((record.get("exit_code", 0) for record in self._of("exit")), None)


def log_files(folder: Path) -> list[Path]:
    """The logs of a run folder, of its evaluations too, oldest first."""
    found = folder.glob("**/wandb/*run-*/run-*.wandb")
    return sorted(found, key=lambda path: (path.parent.name.removeprefix("offline-"), path))
