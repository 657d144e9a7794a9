"""Where clips come from: video files, folders of frames and zipped frames."""

import os
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from natsort import natsorted

from vidgan.data.pictures import IMAGE_SUFFIXES, MOST_BYTES, decode_image, is_image
from vidgan.video.reader import (
    VIDEO_SUFFIXES,
    BrokenFileError,
    Frames,
    VideoIndex,
    iterate,
    may_be_index_of,
    read_clip,
    video_index,
)


class Size(NamedTuple):
    """Extent of a clip: number of frames, and their height and width in pixels."""

    frames: int
    height: int
    width: int


class Box(NamedTuple):
    """A rectangle of pixels within the frames of a clip."""

    top: int
    left: int
    height: int
    width: int

    def cut(self, frames: Frames) -> Frames:
        """The box of frames of shape (..., H, W, 3), as a view."""
        return frames[..., self.top : self.top + self.height, self.left : self.left + self.width, :]

    def shrunk(self, scale: int) -> "Box":
        """The same rectangle in frames that are so many times smaller; all its sides divide by the scale."""
        return Box(*(side // scale for side in self))


class Source(ABC):
    """One clip, wherever its frames lie.

    Attributes:
        name: the clip's name, unique below its root.
        path: the file or folder, for messages.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path

    @property
    @abstractmethod
    def size(self) -> Size:
        """Raises BrokenFileError if the source cannot be read."""

    @abstractmethod
    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        """Frames ``start`` to ``start + count``, whole or within ``box``: (count, H, W, channels) uint8.

        Raises:
            BrokenFileError: a frame cannot be read; the text names the file.
        """

    @property
    def channels(self) -> int:
        """Of its frames: 3 for RGB."""
        return 3

    @property
    def others(self) -> Mapping[str, "Source"]:
        """Clips that are aligned with this one, by name; see :class:`vidgan.data.derived.Aligned`."""
        return {}

    @property
    def scales(self) -> Mapping[str, int]:
        """How many times each of :attr:`others` goes into this clip.

        Raises:
            BrokenFileError: one cannot be read, or does not belong to this clip.
        """
        return {}

    @property
    def numbers(self) -> Mapping[str, float]:
        """What is known of the clip as a whole, by name, as the rate that it was coded at."""
        return {}


class Facts(NamedTuple):
    """What has to be known of a file before any window of it can be read; the index of a video, None of images."""

    size: Size
    video: VideoIndex | None = None


class Catalog(Protocol):
    """What may know the facts of a file without a look into it."""

    def recall(self, source: "FileSource") -> Facts | None: ...

    def distrust(self, source: "FileSource") -> None: ...


class FileSource(Source):
    """A clip as the user stored it, which the cache may decode as a whole.

    Attributes:
        catalog: asked for the facts before the file is opened, see :class:`vidgan.data.index.Index`.
    """

    catalog: Catalog | None = None

    @property
    def place(self) -> Path:
        """Where a catalog keeps what it knows of the source, which is nobody else's."""
        return self.path

    @cached_property
    def facts(self) -> Facts:
        """
        Raises:
            BrokenFileError: the source cannot be read.
        """
        return (self.catalog and self.catalog.recall(self)) or self.probe()

    def _forget(self) -> None:
        """Has the file looked into, as it is not what was remembered."""
        if self.catalog is not None:
            self.catalog.distrust(self)
            self.catalog = None
            vars(self).pop("facts", None)

    @property
    @abstractmethod
    def most_frames(self) -> int:
        """More cannot be in the file; for less than a look into it."""

    @property
    def size(self) -> Size:
        return self.facts.size

    @abstractmethod
    def probe(self) -> Facts:
        """The facts from the file itself."""

    @abstractmethod
    def stream(self) -> Iterator[Frames]:
        """All frames in order, one at a time, each (H, W, 3) uint8 RGB."""

    @abstractmethod
    def identity(self, here: bool = False) -> list[str]:
        """Facts that change when the content does: sizes and times of change.

        Args:
            here: with what no copy keeps, and nobody can set: when the file was last replaced on this machine.
        """


class VideoFile(FileSource):
    def probe(self) -> Facts:
        index = video_index(self.path)
        return Facts(Size(index.info.frames, index.info.height, index.info.width), index)

    @property
    def most_frames(self) -> int:
        return self.path.stat().st_size  # a byte each

    @cached_property
    def _index(self) -> VideoIndex | None:
        """That of the file; one that was remembered is held to the file before it is first used."""
        if self.catalog is not None and not (self.facts.video and may_be_index_of(self.path, self.facts.video)):
            self._forget()
        return self.facts.video

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        frames = read_clip(self.path, start, count, self._index)
        return np.ascontiguousarray(box.cut(frames)) if box else frames

    def stream(self) -> Iterator[Frames]:
        return iterate(self.path)

    def identity(self, here: bool = False) -> list[str]:
        return [_stamp(self.path, here)]


class ImageSequence(FileSource):
    """Frames that are images, in the order of their names with numbers compared as numbers."""

    @property
    def folder(self) -> Path:
        """Where the images lie: a folder, or a zip file."""
        return self.path

    @abstractmethod
    def _image_names(self) -> list[str]: ...

    @abstractmethod
    def _bytes(self, names: list[str]) -> Iterator[bytes]: ...

    @cached_property
    def names(self) -> list[str]:
        """Of the images, in order."""
        names = natsorted(filter(is_image, self._image_names()))
        if not names:
            raise BrokenFileError(f"{self.path}: holds no image ({', '.join(sorted(IMAGE_SUFFIXES))})")
        return names

    @property
    def most_frames(self) -> int:
        return len(self.names)

    def probe(self) -> Facts:
        first = next(self._frames(self.names[:1]))
        return Facts(Size(len(self.names), first.shape[0], first.shape[1]))

    def read(self, start: int, count: int, box: Box | None = None) -> Frames:
        frames = self._frames(self.names[start : start + count])
        return np.stack([self._checked(frame, box) for frame in frames])

    def stream(self) -> Iterator[Frames]:
        return (self._checked(frame) for frame in self._frames(self.names))

    def encoded(self) -> Iterator[tuple[str, bytes]]:
        """The name of each file and what it holds, in order."""
        return zip(self.names, self._bytes(self.names), strict=True)

    def _frames(self, names: list[str]) -> Iterator[Frames]:
        for name, data in zip(names, self._bytes(names), strict=True):
            yield decode_image(data, f"{self.folder}/{name}")

    def _checked(self, frame: Frames, box: Box | None = None) -> Frames:
        if frame.shape[:2] != self.size[1:]:
            self._forget()
        if frame.shape[:2] != self.size[1:]:
            raise BrokenFileError(
                f"{self.path}: its frames differ in size ({frame.shape[1]} x {frame.shape[0]} "
                f"and {self.size.width} x {self.size.height}); put each clip in a folder of its own"
            )
        return box.cut(frame) if box else frame


class FrameFolder(ImageSequence):
    """A folder of images.

    Args:
        name: see :class:`Source`.
        path: the folder.
        frames: how many it was published with; None where any number will do.
    """

    def __init__(self, name: str, path: Path, frames: int | None = None) -> None:
        super().__init__(name, path)
        self.frames = frames

    def _image_names(self) -> list[str]:
        try:
            names = [entry.name for entry in os.scandir(self.path) if is_image(entry.name)]
        except OSError as error:
            raise BrokenFileError(f"{self.path}: there is no such folder of frames") from error
        if names and self.frames not in (None, len(names)):
            raise BrokenFileError(f"{self.path}: holds {len(names)} frames of {self.frames}; unpack it again")
        return names

    def _bytes(self, names: list[str]) -> Iterator[bytes]:
        for name in names:
            path = self.folder / name
            try:
                if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
                    raise BrokenFileError(f"{path}: is no file, and has the name of a picture; take it away")
                yield path.read_bytes()
            except OSError as error:
                raise BrokenFileError(f"{path}: cannot be read ({error.strerror})") from error

    def identity(self, here: bool = False) -> list[str]:
        return [_stamp(self.folder / name, here) for name in self.names]


class NamedFrames(FrameFolder):
    """Some images of a folder, in a given order.

    Args:
        name: see :class:`Source`.
        folder: where they lie, with others maybe.
        images: their file names. The one in the middle is the source's path.
    """

    def __init__(self, name: str, folder: Path, images: Sequence[str]) -> None:
        super().__init__(name, folder / images[len(images) // 2])
        self.images = list(images)

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def place(self) -> Path:
        return self.folder / "+".join(self.images)

    @cached_property
    def names(self) -> list[str]:
        """Of the images, in order."""
        for image in self.images:
            if not (self.folder / image).is_file():
                raise BrokenFileError(f"{self.folder / image}: there is no such frame; unpack the data set again")
        return self.images


class FrameZip(ImageSequence):
    def _image_names(self) -> list[str]:
        with self._archive() as archive:
            names = [name for name in archive.namelist() if is_image(name)]
        if len({Path(name).parent for name in names}) > 1:
            raise BrokenFileError(f"{self.path}: holds frames in several folders; make one zip file for each clip")
        return names

    def _bytes(self, names: list[str]) -> Iterator[bytes]:
        with self._archive() as archive:
            for name in names:
                if (size := archive.getinfo(name).file_size) > MOST_BYTES:
                    raise BrokenFileError(f"{self.path}: {name} would take {size:,} bytes unpacked; it is no picture")
                try:
                    yield archive.read(name)
                except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
                    raise BrokenFileError(f"{self.path}: cannot unpack {name} ({error})") from error

    def _archive(self) -> zipfile.ZipFile:
        if not self.path.is_file():
            raise BrokenFileError(f"{self.path}: there is no such zip file")
        # Opened for each read: a handle that forked workers share would share its position too.
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError) as error:
            raise BrokenFileError(f"{self.path}: cannot be read as a zip file ({error})") from error

    def identity(self, here: bool = False) -> list[str]:
        return [_stamp(self.path, here)]


def is_video(name: str) -> bool:
    return Path(name).suffix.lower() in VIDEO_SUFFIXES


def _stamp(path: Path, here: bool) -> str:
    status = path.stat()
    stamp = f"{path.name}:{status.st_size}:{status.st_mtime_ns}"
    return f"{stamp}:{status.st_ctime_ns}" if here else stamp
