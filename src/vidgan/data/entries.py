"""An entry of the decoded cache: a clip's frames, memory-mapped, and the checksums that every read of them is held to.

The file is a .npy array (T, H, W, 3) of 8 bits; after it a CRC-32 of each band of rows of each frame; last a CRC-32 of
all that is not pixels and of the entry's own name.
"""

import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

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

    Raises:
        FileNotFoundError: there is none.
        DamagedEntryError: it was cut short, or is another one's.
    """

    def __init__(self, path: Path) -> None:
        try:
            frames: Frames = np.load(path, mmap_mode="r")
            header, rest = _around(path, frames)
            sums = np.frombuffer(rest[: -_SUM.itemsize], _SUM).reshape(len(frames), _bands(frames.shape[1]))
            whole = rest[-_SUM.itemsize :] == _seal(path, header, sums)
        except FileNotFoundError:
            raise
        except Exception as error:  # whatever NumPy makes of it
            raise DamagedEntryError(str(path)) from error
        if not whole or frames.dtype != np.uint8:
            raise DamagedEntryError(str(path))
        self.path, self.frames, self.sums = path, frames, sums

    @property
    def size(self) -> Size:
        return Size(*self.frames.shape[:3])

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        """Frames ``start`` to ``start + count``, whole or within ``box``, as they were written.

        Raises:
            DamagedEntryError: they are not.
        """
        frames, sums = self.frames[start : start + count], self.sums[start : start + count]
        top, bottom = (box.top, box.top + box.height) if box else (0, self.size.height)
        for frame, expected in zip(frames, sums, strict=True):
            for band in range(top // _BAND, _bands(bottom)):
                if zlib.crc32(frame[band * _BAND : (band + 1) * _BAND].data) != expected[band]:
                    raise DamagedEntryError(str(self.path))
        return np.array(box.cut(frames) if box else frames)


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


def _around(path: Path, frames: NDArray[np.uint8]) -> tuple[bytes, bytes]:
    """What is before and after the pixels."""
    offset: int = frames.offset  # type: ignore[attr-defined]
    with path.open("rb") as file:
        header = file.read(offset)
        file.seek(offset + frames.nbytes)
        return header, file.read()


def _seal(entry: Path, header: bytes, sums: NDArray[np.uint32]) -> bytes:
    found = zlib.crc32(sums.data, zlib.crc32(header, zlib.crc32(entry.name.encode())))
    return found.to_bytes(_SUM.itemsize, "little")
