"""How data sets lie on a disk: which clips they hold, which of them train, validate and test, where they come from."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal

from vidgan.data.derived import Aligned
from vidgan.data.discovery import discover
from vidgan.data.index import Index
from vidgan.data.sources import FrameFolder, Source
from vidgan.data.splits import Splits
from vidgan.errors import UserError

Low = Literal["bi", "bd"]  #: published low resolutions: MATLAB's bicubic, or blur and subsampling; both x4


class Layout(ABC):
    """A data set as it is published; nothing here downloads it.

    Attributes:
        title: what the literature calls it.
        homepage: where it is obtained.
        terms: under which terms, in a few words.
        tree: what lies below the root, for messages.
    """

    title: ClassVar[str]
    homepage: ClassVar[str]
    terms: ClassVar[str]
    tree: ClassVar[str]

    def splits(self, root: Path) -> Splits:
        """The clips of each split. They are those that were published: one that is missing is an error when it is read.

        Raises:
            UserError: nothing of the data set is there.
        """
        splits = self.published(root)
        self._open(root, [*splits.test, *splits.val, *splits.train])
        return splits

    def scored(self, root: Path) -> list[Source]:
        """The clips that count where the data set is given to be scored, not to be trained on: those that test.

        Raises:
            UserError: nothing of the data set is there.
        """
        return self.splits(root).test

    def misfits(self, splits: Splits) -> Iterable[tuple[Source, str]]:
        """Clips that can be read and do not go with the others, each with what is wrong, one sentence."""
        return ()

    def _open(self, root: Path, sources: list[Source]) -> None:
        if not any(source.path.exists() for source in sources):
            raise UserError(f"{root}: is not laid out as {self.title} is; {self.tree} are expected below data.root")
        if index := Index.read(root):
            index.give(sources)

    @abstractmethod
    def published(self, root: Path) -> Splits:
        """All clips below ``root``, whether they are there or not.

        Raises:
            UserError: a list of clips is missing or is none.
        """


class NamedClips(Layout):
    """A few named clips to test on: ``GT/<name>``, and beside it ``BIx4/<name>`` and ``BDx4/<name>``.

    Args:
        low: the low-resolution folder that is read; None where it is made from the clips.

    Attributes:
        frames: number of frames by the clip's name; None where any number will do.
        truth: folders that may hold the clips.
    """

    frames: ClassVar[dict[str, int | None]]
    truth: ClassVar[tuple[str, ...]] = ("GT", ".")
    low_folders: ClassVar[dict[str, str]] = {"bi": "BIx4", "bd": "BDx4"}

    def __init__(self, low: Low | None = None) -> None:
        self.low = None if low is None else chosen(self.low_folders, low, self.title)

    def published(self, root: Path) -> Splits:
        clips = []
        for name, frames in self.frames.items():
            low = root / self.low / name if self.low else None
            clips.append(clip(name, existing(root, *(f"{folder}/{name}" for folder in self.truth)), frames, low))
        return Splits([], clips, clips)


class TrainTest(Layout):
    """All clips of one folder train and all of another test; nothing is published to validate on, so these do that too.

    Attributes:
        train, test: the folders below the root.
    """

    train: ClassVar[str] = "train"
    test: ClassVar[str] = "test"

    def published(self, root: Path) -> Splits:
        test = all_clips(root / self.test)
        return Splits(all_clips(root / self.train), test, test)


def clip(name: str, truth: Path, frames: int | None = None, low: Path | None = None) -> Source:
    """A published clip of so many frames, with its low resolution if that is read."""
    source = FrameFolder(name, truth, frames)
    return source if low is None else Aligned(source, {"low": FrameFolder(name, low, frames)})


def all_clips(folder: Path) -> list[Source]:
    """Every clip below a folder whose clips are listed nowhere; none if there is no such folder."""
    return list(discover(folder)) if folder.is_dir() else []


def chosen(folders: dict[str, str], low: str, title: str) -> str:
    """
    Raises:
        UserError: the data set has no such low resolution.
    """
    if low not in folders:
        known = " or ".join(folders) or "none"
        raise UserError(f"data.layout.low={low}: {title} has {known}; leave it null to make it from the clips")
    return folders[low]


def existing(root: Path, *places: str) -> Path:
    """The first of some places below ``root`` that is there, or else the first."""
    paths = [root / place for place in places]
    return next((path for path in paths if path.exists()), paths[0])


def listed(path: Path, pattern: str) -> list[str]:
    """The lines of a list of clips.

    Raises:
        UserError: the list is missing, or a line is none of the ``pattern``; both are named.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: the data set's list of clips cannot be read; unpack it with the frames") from error
    for number, line in enumerate(lines, start=1):
        if line and not re.fullmatch(pattern, line):
            raise UserError(f"{path}: line {number}, '{line[:40]}', names no clip; unpack the list again")
    return [line for line in lines if line]


def without_validation(splits: Splits) -> Splits:
    """The validation clips train as well, and the test clips validate."""
    return Splits([*splits.train, *splits.val], splits.test, splits.test)
