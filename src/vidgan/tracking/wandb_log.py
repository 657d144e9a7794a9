"""Reading a W&B log: what one process has logged of a run.

Own code because W&B's inspector (``wandb leet inspect``) leaves out damaged records without failing, and takes half a
minute a file where W&B's own servers cannot be reached. The format is LevelDB's log: blocks of 32 KiB, records of
header (checksum, length, type) and data, split where a block ends (its doc/log_format.md).
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from vidgan.errors import UserError

_MAGIC = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)
_BLOCK, _HEADER = 32768, struct.Struct("<IHB")
_FULL, _FIRST, _LAST = 1, 2, 4


@dataclass(frozen=True)
class WandbLog:
    """One ``.wandb`` file. The torn end that ``kill -9`` leaves is not read.

    Attributes:
        path: the file.
        records: its records, oldest first, as W&B's protocol buffers.
    """

    path: Path
    records: list[Any] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "WandbLog":
        """
        Raises:
            UserError: the file is no W&B log or is damaged.
        """
        return cls(path, list(_records(path)))

    def of(self, kind: str) -> list[Any]:
        """The records of one kind: ``run``, ``history``, ``metric``, ``artifact`` and so on."""
        return [getattr(record, kind) for record in self.records if record.WhichOneof("record_type") == kind]

    @cached_property
    def run(self) -> dict[str, Any]:
        """Id, project, group, tags and so on by their names; empty where the process died before it had told them."""
        from google.protobuf.json_format import MessageToDict

        return MessageToDict(self.of("run")[0], preserving_proto_field_name=True) if self.of("run") else {}

    @cached_property
    def config(self) -> dict[str, Any]:
        updates = [*(run.config for run in self.of("run")), *self.of("config")]
        return _nested(item for update in updates for item in update.update)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The history."""
        return [_nested(row.item) for row in self.of("history")]

    @cached_property
    def media(self) -> list[str]:
        """Paths of pictures and videos, below the run's ``files`` folder here and by the same name on the server."""
        values = (value for row in self.rows for value in row.values())
        return [value["path"] for value in values if isinstance(value, dict) and "path" in value]

    @cached_property
    def artifacts(self) -> list[str]:
        """``name:alias`` of every artifact, by an alias that later versions do not take over at once."""
        records = self.of("artifact")
        return [f"{record.name}:{(set(record.aliases) - {'latest'} or {'latest'}).pop()}" for record in records]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The last value of every summary key."""
        return _nested(item for record in self.of("summary") for item in record.update)

    @cached_property
    def exit_code(self) -> int | None:
        """None while the process lives, or if it was killed."""
        return next((record.exit_code for record in self.of("exit")), None)


def log_files(folder: Path) -> list[Path]:
    """The logs in a folder and below it, oldest first: of a run, of its evaluations too, or of many runs."""
    return sorted(folder.glob("**/run-*.wandb"), key=lambda path: (path.parent.name.removeprefix("offline-"), path))


def _nested(items: Iterable[Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in items:
        *parents, last = list(item.nested_key) or [item.key]
        inner = values
        for name in parents:
            inner = inner.setdefault(name, {})
        inner[last] = json.loads(item.value_json)
    return values


def _records(path: Path) -> Iterator[Any]:
    """The records of a log; a record that the writer was killed in ends it."""
    from wandb.proto import wandb_internal_pb2

    content = path.read_bytes()
    if content and not content.startswith(_MAGIC):
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
