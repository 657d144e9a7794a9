"""An entry of the decoded cache: a clip's frames, and the checksums that every read of them is held to.

The file is a .npy array (T, H, W, 3) of 8 bits; after it a CRC-32 of each band of rows of each frame; last a CRC-32 of
all that is not pixels and of the entry's own name.
"""

import math
import os
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from vidgan.data.sources import Box, Size
from vidgan.video.reader import Frames

_BAND = 16  # rows: few more than those of a crop are looked at, and few calls are made
_SUM = np.dtype("<u4")


class DamagedEntryError(Exception):
    """An entry is not what was once written under its name."""


class Entry:
    """An entry that is there as a whole; whether its pixels are as they were is told when they are read.

    It holds no file open, and no map of one, which would: a data set has more clips than a process may open files.

    Raises:
        OSError: it is not there, or cannot be read.
        DamagedEntryError: it was cut short, or is another one's.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            try:
                self._shape, self._start = _header(file)
            except Exception as error:  # whatever NumPy makes of it
                raise DamagedEntryError(str(path)) from error
            if os.fstat(file.fileno()).st_size != self._start + entry_bytes(self.size) + _SUM.itemsize:
                raise DamagedEntryError(str(path))
            header = _read_at(file, 0, self._start)
            self.sums = np.empty((self.size.frames, _bands(self.size.height)), _SUM)
            file.seek(self._start + math.prod(self._shape))
            file.readinto(self.sums.data)
            if file.read() != _seal(path, header, self.sums):
                raise DamagedEntryError(str(path))
        self.path = path

    @property
    def size(self) -> Size:
        return Size(*self._shape[:3])

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        """Frames ``start`` to ``start + count``, whole or within ``box``, as they were written.

        Raises:
            OSError: they cannot be read.
            DamagedEntryError: they are not what was written.
        """
        box = box or Box(0, 0, *self.size[1:])
        bands = range(box.top // _BAND, _bands(box.top + box.height))
        above = bands.start * _BAND
        rows = np.empty((min(bands.stop * _BAND, self.size.height) - above, *self._shape[2:]), np.uint8)
        found = np.empty((len(self.sums[start : start + count]), box.height, box.width, 3), np.uint8)
        with self.path.open("rb", buffering=0) as file:
            for number, frame in enumerate(found, start):
                file.seek(self._start + (number * self.size.height + above) * rows[0].nbytes)
                file.readinto(rows.data)
                for band, expected in zip(bands, self.sums[number, bands.start : bands.stop], strict=True):
                    top = band * _BAND - above
                    if zlib.crc32(rows[top : top + _BAND].data) != expected:
                        raise DamagedEntryError(str(self.path))
                frame[:] = box._replace(top=box.top - above).cut(rows)
        return found


def open_entry(path: Path) -> Entry:
    """As of :class:`Entry`; one that is the same as before is not opened again."""
    status = path.stat()
    return _opened(path, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1024)
def _opened(path: Path, *identity: int) -> Entry:
    return Entry(path)


def write_entry(path: Path, size: Size, frames: Iterable[Frames], entry: Path) -> None:
    """Writes frames (H, W, 3) to ``path``, which will be renamed to ``entry``.

    Raises:
        OSError: it cannot be written.
    """
    header = {"descr": "|u1", "fortran_order": False, "shape": (*size, 3)}
    sums = np.zeros((size.frames, _bands(size.height)), _SUM)
    # Written, not mapped: on a full disk a write raises, where a mapped page would kill the process.
    with path.open("w+b") as file:
        np.lib.format.write_array_header_1_0(file, header)
        start = file.tell()
        for frame, own in zip(frames, sums, strict=True):
            rows = np.ascontiguousarray(frame)
            own[:] = [zlib.crc32(rows[top : top + _BAND].data) for top in range(0, size.height, _BAND)]
            file.write(rows.data)
        file.write(sums.data)
        file.seek(0)
        seal = _seal(entry, file.read(start), sums)
        file.seek(0, 2)
        file.write(seal)


def entry_bytes(size: Size) -> int:
    """What an entry takes on the disk, its header aside."""
    return size.frames * (3 * size.height * size.width + _SUM.itemsize * _bands(size.height))


def _bands(height: int) -> int:
    return -(-height // _BAND)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], int]:
    """The shape of the frames, and where their first byte is.

    Raises:
        ValueError: they are no array of 8 bits in four dimensions.
    """
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another version")
    shape, in_columns, kind = np.lib.format.read_array_header_1_0(file)
    if kind != np.uint8 or in_columns or len(shape) != 4 or min(shape) < 1 or shape[3] != 3:
        raise ValueError("other frames")
    return shape, file.tell()


def _read_at(file: IO[bytes], start: int, count: int) -> bytes:
    file.seek(start)
    return file.read(count)


def _seal(entry: Path, header: bytes, sums: NDArray[np.uint32]) -> bytes:
    found = zlib.crc32(sums.data, zlib.crc32(header, zlib.crc32(entry.name.encode())))
    return found.to_bytes(_SUM.itemsize, "little")
