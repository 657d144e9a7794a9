"""Records of runs from offline W&B logs.

Own code because W&B's inspector (``wandb leet inspect``) leaves out damaged records without failing, and takes half a
minute a file where W&B's own servers cannot be reached. The format is LevelDB's log: blocks of 32 KiB, records of
header (checksum, length, type) and data, split where a block ends (its doc/log_format.md).
"""

import csv
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vidgan.comparison.records import RunRecord, comparable, curves, model_scores
from vidgan.errors import UserError
from vidgan.experiment.folder import FAILED, FINISHED, RUNNING

_MAGIC = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)
_BLOCK, _HEADER = 32768, struct.Struct("<IHB")
_FULL, _FIRST, _LAST = 1, 2, 4


def log_files(path: Path) -> list[Path]:
    """A ``.wandb`` file, or those of a run's W&B folder or of a folder of such, oldest first."""
    if path.suffix == ".wandb" and path.is_file():
        return [path]
    patterns = ("run-*.wandb", "*/run-*.wandb", "wandb/*/run-*.wandb", "*/wandb/*/run-*.wandb")
    found = {file.resolve() for pattern in patterns for file in path.glob(pattern)} if path.is_dir() else set()
    return sorted(found, key=lambda file: file.parent.name)


def read_logs(files: Sequence[Path]) -> list[RunRecord]:
    """One record a run: the logs of a run that was resumed are joined.

    Raises:
        UserError: a file is no W&B log or is damaged.
    """
    runs: dict[str, _Log] = {}
    for file in files:
        log = _Log()
        for record in _records(file):
            log.add(record, file.parent / "files")
        runs[log.id] = runs[log.id].followed_by(log) if log.id in runs else log
    return [log.record() for log in runs.values()]


class _Log:
    """What the records of a log add up to."""

    def __init__(self) -> None:
        self.id, self.project = "", ""
        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.history: list[dict[str, Any]] = []
        self.files = Path()
        self.seconds = 0.0
        self.exit_code: int | None = None

    def add(self, record: Any, files: Path) -> None:
        self.files = files
        match record.WhichOneof("record_type"):
            case "run":
                self.id = record.run.run_id
                self.project = "/".join(filter(None, (record.run.entity, record.run.project)))
                _put(self.config, record.run.config.update)
            case "config":
                _put(self.config, record.config.update)
            case "history":
                row: dict[str, Any] = {}
                _put(row, record.history.item)
                self.history.append({**row, "_files": files})
                self.seconds = row.get("_runtime", self.seconds)
            case "exit":
                self.exit_code = record.exit.exit_code

    def followed_by(self, later: "_Log") -> "_Log":
        later.config = {**self.config, **later.config}
        later.history = [*self.history, *later.history]
        later.seconds += self.seconds
        return later

    def record(self) -> RunRecord:
        state = {None: RUNNING, 0: FINISHED}.get(self.exit_code, FAILED)
        rows = [row for row in self.history if "iteration" in row]
        pictures, videos = _media(rows, "samples/picture"), _media(rows, "comparison/video")
        scores = self.files / "per_clip.csv"
        return RunRecord(
            id=self.id,
            config=experiment_half(self.config),
            summary={**_json(self.files / "summary.json"), "state": state, "seconds": round(self.seconds, 1)},
            clips=model_scores(csv.DictReader(scores.read_text().splitlines())) if scores.is_file() else {},
            curves=curves([logged(row) for row in rows]),
            samples=pictures,
            video=videos[max(videos)] if videos else None,
            provenance=self.config.get("provenance", {}),
            project=self.project,
        )


def experiment_half(config: Mapping[str, Any]) -> dict[str, Any]:
    """A run's configuration in W&B without what is logged beside the experiment."""
    beside = ("_wandb", "machine_half", "provenance")
    return comparable({key: value for key, value in config.items() if key not in beside})


def _media(rows: Sequence[Mapping[str, Any]], name: str) -> dict[int, Path]:
    """Media files that are there, by iteration."""
    named = {int(row["iteration"]): row["_files"] / row[name]["path"] for row in rows if name in row}
    return {iteration: path for iteration, path in named.items() if path.is_file()}


def logged(row: dict[str, Any]) -> dict[str, Any]:
    """The numbers that vidgan logged in a row of W&B's history, without W&B's own and without media."""
    return {key: value for key, value in row.items() if isinstance(value, int | float) and not key.startswith("_")}


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.is_file() else {}


def _put(values: dict[str, Any], items: Any) -> None:
    for item in items:
        *parents, last = list(item.nested_key) or [item.key]
        inner = values
        for name in parents:
            inner = inner.setdefault(name, {})
        inner[last] = json.loads(item.value_json)


def _records(path: Path) -> Iterator[Any]:
    """The records of a log; a record that the writer was killed in ends it."""
    from wandb.proto import wandb_internal_pb2

    content = path.read_bytes()
    if not content.startswith(_MAGIC):
        raise UserError(f"{path} is no W&B log; give a run-*.wandb file of wandb 0.16 or newer, or a run folder.")
    position, data = len(_MAGIC), b""
    while position + _HEADER.size <= len(content):
        left = _BLOCK - position % _BLOCK
        if left < _HEADER.size:  # padding at the end of a block
            position += left
            continue
        checksum, length, kind = _HEADER.unpack_from(content, position)
        position += _HEADER.size
        piece = content[position : position + length]
        if kind == 0 or len(piece) < length:
            return
        if zlib.crc32(bytes([kind]) + piece) != checksum:
            raise UserError(f"{path} is damaged at byte {position}; sync or copy it again, or give the run folder.")
        position += length
        data = piece if kind in (_FULL, _FIRST) else data + piece
        if kind in (_FULL, _LAST):
            record = wandb_internal_pb2.Record()  # type: ignore[attr-defined]  # protobuf makes it at import
            record.ParseFromString(data)
            yield record
