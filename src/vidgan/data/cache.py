"""The decoded cache: a clip's frames as one file of pixels, decoded once, shared by all workers and runs."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import cv2
import portalocker
from portalocker import LockFlags

from vidgan.atomic import can_write, remove
from vidgan.data.derived import Aligned, Excerpt, Grey, files
from vidgan.data.entries import DamagedEntryError, entry_bytes, open_entry, write_entry
from vidgan.data.sources import Box, FileSource, Size, Source
from vidgan.errors import UserError
from vidgan.randomness import mix
from vidgan.video.reader import BrokenFileError, Frames

logger = logging.getLogger(__name__)

_DECODERS = f"pyav {av.__version__}, opencv {cv2.__version__}"  # another decoder may round other pixels


class CachedClip(Source):
    """A source whose frames are read from the cache, or decoded should they be deleted or damaged there meanwhile."""

    def __init__(self, source: FileSource, array: Path) -> None:
        super().__init__(source.name, source.path)
        self.source, self.array = source, array
        self._size = open_entry(array).size

    @property
    def size(self) -> Size:
        return self._size

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        try:
            return open_entry(self.array).read(start, count, box)
        except OSError:  # it was deleted, or the system refuses: the clip itself is there
            pass
        except DamagedEntryError:
            logger.warning("%s: is damaged; %s is decoded instead, and cached anew next time", self.array, self.path)
            with suppress(OSError):  # the folder may be read-only
                self.array.unlink()
        return self.source.read(start, count, box)


class DecodedCache:
    """A folder of decoded clips, within a budget.

    Entries are named by path and identity of their source, so a changed file is decoded anew and its old entry removed.
    They carry checksums: one that is cut short, damaged or another one's is decoded anew as well.
    One lock covers the folder while it is filled: a second process waits and finds the clips there; a killed one leaves
    no more than a partial file, which the next removes.

    Args:
        folder: made when missing; on a local disk.
        budget_gb: the most that all entries may take, in 1e9 bytes; clips beyond it are decoded each time.
        threads: clips decoded at once.
    """

    def __init__(self, folder: Path, budget_gb: float, threads: int = 2) -> None:
        self.folder, self.budget_gb, self.threads = folder, budget_gb, threads

    def fill(self, sources: Sequence[Source]) -> None:
        """Decodes what is missing, in order, as far as the budget goes. Broken sources are left to who reads them.

        Raises:
            UserError: the folder cannot be written to, or its disk is full.
        """
        originals = [file for source in sources for file in files(source)]
        if not self._missing(originals):
            return
        with self._locked():
            chosen = self._within_budget(self._missing(originals))
            if chosen:
                logger.info("decoding %d clips into %s, which is done once", len(chosen), self.folder)
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(_decode, chosen.values(), chosen))

    def refuse_closed(self, sources: Sequence[Source]) -> None:
        """
        Raises:
            UserError: some of these are missing, and the folder cannot be written to.
        """
        if not can_write(self.folder) and self._missing([file for source in sources for file in files(source)]):
            raise self._closed("Permission denied")

    def wrap(self, source: Source) -> Source:
        """The source as the cache holds it, or itself where it does not."""
        if isinstance(source, Excerpt):
            return Excerpt(self.wrap(source.source), source.start, source.stop)
        if isinstance(source, Grey):
            return Grey(self.wrap(source.source))
        if isinstance(source, Aligned):
            others = {name: self.wrap(one) for name, one in source.others.items()}
            return Aligned(self.wrap(source.source), others, source.numbers)
        (original,) = files(source)
        entry = self._entry(original)
        return CachedClip(original, entry) if entry and _is_whole(entry) else original

    def _missing(self, originals: list[FileSource]) -> dict[Path, FileSource]:
        entries = {self._entry(original): original for original in originals}
        return {entry: original for entry, original in entries.items() if entry and not _is_whole(entry)}

    def _entry(self, original: FileSource) -> Path | None:
        """Where the decoded frames belong; None for a source that cannot be read."""
        try:
            identity = mix(_DECODERS, *original.identity(here=True))
        except (BrokenFileError, OSError):
            return None
        return self.folder / f"{_place(original)}-{identity:016x}.npy"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "lock").open("w") as lock:
                portalocker.lock(lock, LockFlags.EXCLUSIVE)
                for partial in self.folder.glob("*.part"):  # of a killed process: a living one would hold the lock
                    partial.unlink()
                yield
        except OSError as error:
            raise self._closed(error.strerror) from error
        except portalocker.LockException as error:  # a network's disk without locks
            raise self._closed(str(error)) from error

    def _closed(self, reason: str | None) -> UserError:
        return UserError(
            f"{self.folder}: the cache of decoded clips cannot be written ({reason}); choose another folder "
            f"(paths.cache) or a smaller budget (machine.cache_gb)"
        )

    def _within_budget(self, missing: dict[Path, FileSource]) -> dict[Path, FileSource]:
        places = {_place(original) for original in missing.values()}
        for entry in self.folder.glob("*.npy"):
            if entry.stem.rpartition("-")[0] in places:  # made of what the file was before
                remove(entry)
        left = int(self.budget_gb * 1e9) - sum(entry.stat().st_size for entry in self.folder.glob("*.npy"))
        chosen: dict[Path, FileSource] = {}
        over = 0
        for entry, original in missing.items():
            needed = _decoded_bytes(original)
            if needed is None:
                continue
            if needed <= left:
                chosen[entry] = original
                left -= needed
            else:
                over += 1
        if over:
            logger.warning(
                "%d clips are beyond the cache's budget and decoded each time they are read, which is slower: "
                "raise machine.cache_gb=%g, or delete old files in %s",
                *(over, self.budget_gb, self.folder),
            )
        return chosen


def _place(original: FileSource) -> str:
    """The part of an entry's name that stays when the content changes."""
    return f"{original.place.stem[:40]}-{mix(str(original.place.resolve())):016x}"


def _decoded_bytes(original: FileSource) -> int | None:
    try:
        return entry_bytes(original.size)
    except BrokenFileError:
        return None


def _decode(original: FileSource, entry: Path) -> None:
    partial = entry.with_suffix(".part")
    try:
        write_entry(partial, original.size, original.stream(), entry)
        partial.replace(entry)
    except BrokenFileError as error:
        logger.debug("not cached: %s", error)
    finally:
        partial.unlink(missing_ok=True)


def _is_whole(entry: Path) -> bool:
    """Whether an entry is there, as it was written as far as its pixels do not have to be read."""
    try:
        open_entry(entry)
    except (OSError, DamagedEntryError):
        return False
    return True
