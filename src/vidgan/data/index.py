"""The index of a data set: sizes, frame counts and decode offsets, found once and kept beside the clips."""

import json
import logging
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from vidgan.data.derived import files
from vidgan.data.sources import Facts, FileSource, Size, Source
from vidgan.randomness import mix
from vidgan.video.reader import BrokenFileError, VideoIndex, VideoInfo

logger = logging.getLogger(__name__)

NAME = ".vidgan-index.json"
_FORM = 3  # of the file; another one is passed over


class Index:
    """What is known of the files below a root. A file that has changed since is told once and looked into again."""

    def __init__(self, root: Path, entries: dict[str, Any] | None = None) -> None:
        self.root, self.entries = root, entries or {}
        self._told = False

    @classmethod
    def read(cls, root: Path) -> "Index | None":
        """The index that lies in ``root``; None where there is none that can be used."""
        path = root / NAME
        if not path.is_file():
            return None
        try:
            text = path.read_text(encoding="utf-8")
            files = text[len(_text("")) - len("}\n") : -len("}\n")]
            if text == _text(files):
                return cls(root, json.loads(files))
        except (OSError, ValueError, RecursionError):
            pass
        logger.warning("%s: cannot be used as an index and is passed over; make it anew by vidgan-data index", path)
        return None

    def give(self, sources: Iterable[Source]) -> None:
        """Lets sources ask this index before they look into their files."""
        for source in sources:
            for file in files(source):
                file.catalog = self

    def recall(self, source: FileSource) -> Facts | None:
        entry = self.entries.get(self._place(source))
        if entry is None:
            return None
        try:
            if entry["identity"] == _identity(source):
                return _facts(entry, source.most_frames)
        except (BrokenFileError, OSError):  # the probe tells it better
            return None
        except (LookupError, TypeError, ValueError, ArithmeticError):  # what cannot be true of the file
            pass
        self.distrust(source)
        return None

    def distrust(self, source: FileSource) -> None:
        """Tells, once for all, that a file is not as this says."""
        if not self._told:
            self._told = True
            logger.warning(
                "%s: has changed since it was indexed, or the index is wrong; it is looked into anew, as other clips "
                "may be; run vidgan-data index again",
                source.path,
            )

    def learn(self, source: FileSource) -> None:
        """
        Raises:
            BrokenFileError: the source cannot be read.
        """
        identity = _identity(source)  # before the look, so that a change after it is noticed
        self.entries[self._place(source)] = {"identity": identity, **_stored(source.probe())}

    def text(self) -> str:
        """The content of the index file."""
        return _text(json.dumps(self.entries, separators=(",", ":")))

    def _place(self, source: FileSource) -> str:
        return source.place.relative_to(self.root).as_posix() if source.place.is_relative_to(self.root) else ""


def _text(files: str) -> str:
    """The content of the index file: its form, a checksum of the rest, and the rest."""
    return f'{{"form":{_FORM},"crc32":"{zlib.crc32(files.encode()):08x}","files":{files}}}\n'


def _identity(source: FileSource) -> str:
    return f"{mix(*source.identity()):016x}"


def _stored(facts: Facts) -> dict[str, Any]:
    if facts.video is None:
        return {"size": facts.size}
    info = {**asdict(facts.video.info), "fps": str(facts.video.info.fps)}
    times = None if facts.video.times is None else _runs(facts.video.times)
    return {"size": facts.size, "info": info, "times": times, "keys": facts.video.keys}


def _facts(entry: dict[str, Any], most_frames: int) -> Facts:
    """
    Raises:
        LookupError, TypeError, ValueError, ArithmeticError: the entry contradicts itself, or what a file can hold.
    """
    size = Size(*entry["size"])
    if not (0 < size.frames <= most_frames and min(size) > 0):
        raise ValueError(size)
    if "info" not in entry:
        return Facts(size)
    info = VideoInfo(**{**entry["info"], "fps": Fraction(entry["info"]["fps"])})
    keys = tuple((pts, dts) for pts, dts in entry["keys"])
    if size != (info.frames, info.height, info.width):
        raise ValueError(info)
    if entry["times"] is None:
        return Facts(size, VideoIndex(info, None, keys))
    if 1 + sum(entry["times"][2::2]) != size.frames or min(entry["times"][1:], default=1) < 1:
        raise ValueError(entry["times"])
    times = tuple(_expanded(entry["times"]))
    if not keys or not {pts for pts, _ in keys} <= set(times):
        raise ValueError(keys)
    return Facts(size, VideoIndex(info, times, keys))


def _runs(times: tuple[int, ...]) -> list[int]:
    """The first time and then (step, how often) in turns: two numbers for a video of constant rate."""
    runs = [times[0]]
    for earlier, later in pairwise(times):
        if len(runs) > 1 and runs[-2] == later - earlier:
            runs[-1] += 1
        else:
            runs += [later - earlier, 1]
    return runs


def _expanded(runs: list[int]) -> list[int]:
    times = runs[:1]
    for step, count in zip(runs[1::2], runs[2::2], strict=True):
        last = times[-1]
        times += [last + step * number for number in range(1, count + 1)]
    return times
