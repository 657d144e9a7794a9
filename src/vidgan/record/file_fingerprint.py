"""The files that a result comes from: a hash of the content of each, computed once and remembered by size and times.

Contents rather than times are compared, since a fresh checkout or a copy has other times. A file whose size and times
are the remembered ones is not read again. What is remembered lies in vidgan's cache, or beside the clips where
``vidgan-data index`` has put it.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from vidgan.atomic import replacing
from vidgan.errors import UserError

Hashes = dict[str, str]

NAME = ".vidgan-contents"
_BYTES = 12  # of a hash: two of 1e9 files are alike once in 1e10 data sets


_seen: dict[Path, Hashes] | None = None


@contextmanager
def looking_once() -> Iterator[None]:
    """Inside, each place is looked at once: what many runs have in common need not be looked through for each."""
    global _seen
    _seen = {}
    try:
        yield
    finally:
        _seen = None


def file_hashes(place: Path, cache: Path) -> Hashes:
    """A hash of the content of each file at a place, by its path from there on.

    Args:
        place: a folder, with all below it that is not hidden; or a file, whose path from there on is empty.
        cache: vidgan's cache, where the hashes are remembered.

    Raises:
        UserError: a file cannot be read.
    """
    if _seen is None:
        return _hashes(place, cache)
    if place not in _seen:
        _seen[place] = _hashes(place, cache)
    return _seen[place]


def _hashes(place: Path, cache: Path) -> Hashes:
    stamps = _stamps(place)
    hashes: Hashes = {}
    memory = _memory(place, cache)
    for known in (place / NAME, memory):
        if len(hashes) < len(stamps):
            hashes |= _recalled(known, stamps)
    if new := [name for name in stamps if name not in hashes]:
        hashes |= _computed(place, new)
        with suppress(UserError):  # a cache that cannot be written costs time alone
            _remember(memory, stamps, hashes)
    return {name: hashes[name] for name in stamps}


def remember_beside(place: Path, cache: Path) -> Path:
    """Leaves the hashes in the folder itself, for everybody who uses it; returns the file.

    Raises:
        UserError: a file cannot be read, or the folder cannot be written to.
    """
    stamps = _stamps(place)
    _remember(place / NAME, stamps, file_hashes(place, cache))
    return place / NAME


def fingerprint(hashes: Hashes) -> str:
    """One hash of all names and contents."""
    whole = "\0".join(f"{name}\0{known}" for name, known in hashes.items())
    return hashlib.blake2b(os.fsencode(whole), digest_size=_BYTES).hexdigest()


def _memory(place: Path, cache: Path) -> Path:
    name = hashlib.sha256(os.fsencode(place.resolve())).hexdigest()[:16]
    return cache / "contents" / name


def _stamps(place: Path) -> dict[str, str]:
    """Every file with its size and times, which change when it is written anew or replaced, in the order of names."""
    found: dict[str, str] = {}
    if place.is_file():
        found[""] = _stamp(place.stat())
    elif place.is_dir():
        _look(str(place), "", (), found)
    return dict(sorted(found.items()))


def _look(folder: str, prefix: str, above: tuple[tuple[int, int], ...], found: dict[str, str]) -> None:
    status = os.stat(folder)  # noqa: PTH116 - as fast as can be, here and below
    inode = (status.st_dev, status.st_ino)
    if inode in above:  # a link to a folder around it
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_file():
                found[prefix + entry.name] = _stamp(entry.stat())
            elif entry.is_dir() and not entry.name.startswith("__"):
                _look(entry.path, f"{prefix}{entry.name}/", (*above, inode), found)


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


def _recalled(memory: Path, stamps: dict[str, str]) -> Hashes:
    """The remembered hashes of the files that are still as they were; a line that says nothing is passed over."""
    try:
        lines = os.fsdecode(memory.read_bytes()).split("\n")
    except OSError:  # there is none, or it cannot be read: it is made anew
        return {}
    words = (line.split(" ", 2) for line in lines)
    return {word[2]: word[1] for word in words if len(word) == 3 and stamps.get(word[2]) == word[0]}


def _remember(memory: Path, stamps: dict[str, str], hashes: Hashes) -> None:
    lines = [f"{stamp} {hashes[name]} {name}\n" for name, stamp in stamps.items() if "\n" not in name]
    with replacing(memory) as temporary:
        temporary.write_bytes(os.fsencode("".join(lines)))


def _computed(place: Path, names: list[str]) -> Hashes:
    with ThreadPoolExecutor(8) as pool:  # hashing and reading let go of the interpreter
        return dict(zip(names, pool.map(lambda name: _hash(place / name if name else place), names), strict=True))


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_BYTES)).hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); mend or remove it.") from error
