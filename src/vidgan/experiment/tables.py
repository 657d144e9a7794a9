"""Growing CSV tables of a run: ``metrics.csv`` by iteration, ``per_clip.csv`` by clip."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from vidgan.experiment.folder import write_atomically


class Table:
    """A CSV file that rows are appended to; its columns are those of all rows so far.

    Own code because Lightning's CSVLogger rewrites the whole file at every save and cannot forget the rows that a
    killed run wrote after its last checkpoint.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._columns: list[str] = self._read_columns()

    def _read_columns(self) -> list[str]:
        if not self.path.is_file():
            return []
        with self.path.open(newline="") as file:
            return next(csv.reader(file), [])

    def rows(self) -> list[dict[str, str]]:
        """All rows, as text; cells that a row does not have are empty."""
        if not self.path.is_file():
            return []
        with self.path.open(newline="") as file:
            return [row for row in csv.DictReader(file) if None not in row.values()]

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        new = [name for row in rows for name in row if name not in self._columns]
        if new:
            self._columns += list(dict.fromkeys(new))
            self._rewrite([*self.rows(), *rows])
            return
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, self._columns, restval="").writerows(rows)

    def clear(self) -> None:
        """Forgets everything."""
        self.path.unlink(missing_ok=True)
        self._columns = []

    def forget_after(self, iteration: int) -> None:
        """Drops the rows of later iterations: a resumed run will write them again."""
        kept = [row for row in self.rows() if int(row["iteration"]) <= iteration]
        if self._columns:
            self._rewrite(kept)

    def _rewrite(self, rows: Sequence[Mapping[str, Any]]) -> None:
        text = StringIO()
        writer = csv.DictWriter(text, self._columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.path.parent.stat()  # a run folder that was removed is not made again
        write_atomically(self.path, text.getvalue())
