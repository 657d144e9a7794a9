"""Growing CSV tables of a run: ``metrics.csv`` by iteration, ``per_clip.csv`` by clip."""

import csv
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from vidgan.errors import UserError
from vidgan.record.folder import FINISHED, RunFolder, write_atomically

#: The tables of a run folder.
TABLES = ("metrics.csv", "per_clip.csv")
#: A number of rows and a checksum of them.
Extent = tuple[int, int]


class Table:
    """A CSV file that rows are appended to; its columns are those of all rows so far.

    Own code because Lightning's CSVLogger rewrites the whole file at every save and cannot forget the rows that a
    killed run wrote after its last checkpoint.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._columns: list[str] = self._read_columns()
        self._extent: Extent | None = None

    def _read_columns(self) -> list[str]:
        if not self.path.is_file():
            return []
        with self._readable() as lines:
            return next(csv.reader(lines), [])

    def rows(self) -> list[dict[str, str]]:
        """All rows, as text; cells that a row does not have are empty.

        Raises:
            UserError: the file is damaged.
        """
        if not self.path.is_file():
            return []
        with self._readable() as lines:
            found = list(csv.DictReader(lines, strict=True))
        if any(None in row for row in found):
            raise self._damaged("a row has more cells than the first one")
        return [row for row in found if None not in row.values()]

    @contextmanager
    def _readable(self) -> Iterator[list[str]]:
        """The lines that were written to their end; a killed process leaves part of one."""
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                lines = list(file)
            yield lines if not lines or lines[-1].endswith(("\n", "\r")) else lines[:-1]
        except (OSError, ValueError, csv.Error) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, why: str) -> UserError:
        return UserError(
            f"{self.path} is damaged ({why}); put back a copy of it, or remove it: what is logged from here on is kept."
        )

    @property
    def checksum(self) -> str:
        """CRC-32 of the file."""
        return f"{zlib.crc32(self.path.read_bytes() if self.path.is_file() else b''):08x}"

    @property
    def extent(self) -> Extent:
        """How many rows there are, and a CRC-32 of what they say, which further columns do not change.

        Raises:
            UserError: the file is damaged.
        """
        if self._extent is None:
            self._extent = _extended((0, 0), self.rows())
        return self._extent

    def refuse_changed(self, known: Sequence[int]) -> None:
        """Refuses a file whose first rows are not those of a known :attr:`extent`; one that was removed will do.

        Raises:
            UserError: the file is damaged.
        """
        count, _ = known
        if self.path.is_file() and _extended((0, 0), self.rows()[:count]) != tuple(known):
            raise self._damaged(f"its first {count} rows are not what was written")

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        new = [name for row in rows for name in row if name not in self._columns]
        if new:
            self._columns += list(dict.fromkeys(new))
            self._rewrite([*self.rows(), *rows])
            return
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, self._columns, restval="", lineterminator="\n").writerows(rows)
        if self._extent is not None:
            self._extent = _extended(self._extent, rows)

    def clear(self) -> None:
        """Forgets everything."""
        self.path.unlink(missing_ok=True)
        self._columns, self._extent = [], None

    def forget_after(self, iteration: int) -> None:
        """Drops the rows of later iterations: a resumed run will write them again.

        Raises:
            UserError: the file is damaged.
        """
        try:
            kept = [row for row in self.rows() if int(row["iteration"]) <= iteration]
        except (KeyError, ValueError) as error:
            raise self._damaged("an iteration is no number") from error
        if self._columns:
            self._rewrite(kept)

    def forget(self, column: str, value: str) -> None:
        """Drops the rows that have this value there.

        Raises:
            UserError: the file is damaged.
        """
        rows = self.rows()
        kept = [row for row in rows if row.get(column) != value]
        if len(kept) < len(rows):
            self._rewrite(kept)

    def _rewrite(self, rows: Sequence[Mapping[str, Any]]) -> None:
        text = StringIO()
        writer = csv.DictWriter(text, self._columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self._extent = None
        self.path.parent.stat()  # a run folder that was removed is not made again
        write_atomically(self.path, text.getvalue())


def _extended(extent: Extent, rows: Iterable[Mapping[str, Any]]) -> Extent:
    count, checksum = extent
    for row in rows:
        told = sorted((name, str(value)) for name, value in row.items() if value not in (None, ""))
        count, checksum = count + 1, zlib.crc32(repr(told).encode(), checksum)
    return count, checksum


def refuse_changed_tables(folder: RunFolder) -> None:
    """Holds the tables of a run to its summary: of a finished one all, of another what was there by a checkpoint.

    Raises:
        UserError: one is not as it was written.
    """
    summary = folder.summary
    if summary.get("state") != FINISHED:
        for name, extent in summary.get("written", {}).items():
            Table(folder.path / name).refuse_changed(extent)
        return
    for name, checksum in summary.get("tables", {}).items():
        if Table(folder.path / name).checksum != checksum:
            raise UserError(f"{folder.path / name} is damaged: it is not as it was when the run finished.")
