"""Files and folders that appear whole or not at all."""

import os
import re
import shutil
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from vidgan.errors import UserError

_MACHINE = f"{zlib.crc32(socket.gethostname().encode()):08x}"  # a process of another one cannot be asked for
_LONGEST = 255  # bytes of a name, on the file systems of today
_TEMPORARY = re.compile(rf"\..+\.{_MACHINE}-(\d+)(\.[^.]*)?")


def temporary_beside(path: Path) -> Path:
    """A hidden name beside ``path`` that tells whose it is: this process' on this machine."""
    if not path.name:
        raise UserError(f"{path}: is no name of a file or a folder to be written; choose one")
    # The suffix comes last, as NumPy appends one that is not there.
    mark = f".{_MACHINE}-{os.getpid()}{path.suffix}"
    stem = path.stem
    if len(os.fsencode(f".{stem}{mark}")) > _LONGEST:
        mark = f".{zlib.crc32(os.fsencode(stem)):08x}{mark}"
    while len(os.fsencode(f".{stem}{mark}")) > _LONGEST and len(stem) > 1:
        stem = stem[:-1]
    return path.with_name(f".{stem}{mark}")


def can_write(folder: Path) -> bool:
    """Whether this process may write into a folder, or make it where it is not there."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.access(place, os.F_OK))
    return os.access(there, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def clear_stale(folder: Path) -> None:
    """Removes what killed processes of this machine have left in a folder under temporary names."""
    for entry in list(os.scandir(folder)):
        if (match := _TEMPORARY.fullmatch(entry.name)) and not _is_alive(int(match[1])):
            remove(Path(entry.path))


def remove(path: Path) -> None:
    """Removes a file or a folder, if it is there and can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def settle(temporary: Path, path: Path) -> None:
    """Gives a finished file or folder its name; a file is on the disk before the one in its place is given up.

    Without that a power failure may leave an empty file under a name that had a good one.
    """
    if temporary.is_file():
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
    temporary.replace(path)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``, for a file or a folder that takes its place when the block ends.

    After an error nothing is left of it. A folder can only take the place of an empty one.

    Raises:
        UserError: it cannot be written, for instance because the disk is full.
    """
    temporary = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_stale(path.parent)
        yield temporary
        settle(temporary, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); free space or choose another place.") from error
    finally:
        remove(temporary)


def _is_alive(process: int) -> bool:
    try:
        return psutil.pid_exists(process)
    except OverflowError:
        return False
