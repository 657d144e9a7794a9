"""What a user gives: a video, a picture, a folder of pictures or zipped ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vidgan.data.pictures import decode_picture, is_image
from vidgan.data.sources import FrameFolder, FrameZip, ImageSequence
from vidgan.errors import UserError, told_of
from vidgan.video.color import Pixels, to_8_bits
from vidgan.video.playback import Playback
from vidgan.video.reader import BrokenFileError, Frames
from vidgan.video.settings import Reading
from vidgan.video.writer import NOWHERE, At

RATE_OF_FOLDERS = Fraction(25)


@dataclass(frozen=True)
class Input:
    """What is to be processed.

    Attributes:
        items: its frames one by one, (H, W, 3) RGB, uint8 or uint16 over its whole range, and where each belongs: its
            time or name, and its alpha.
        count: of frames; of a damaged video, as far as it is known.
        fps: frames a second, on average.
        video: that they come from, if any.
        time_base: their times are multiples of it; None is the video's.
        in_step: whether what is heard and read with the video fits them.
        names: of the pictures that they are, if they are.
        path: of the file or folder that they are read from, if any.
    """

    items: Iterator[tuple[Pixels, At]]
    count: int
    fps: Fraction
    video: Playback | None = None
    time_base: Fraction | None = None
    in_step: bool = True
    names: Sequence[str] = ()
    path: Path | None = None

    @classmethod
    def of(cls, frames: Iterable[Pixels], count: int, fps: Fraction) -> "Input":
        """Frames that are made, one after the other."""
        return cls(((frame, NOWHERE) for frame in frames), count, fps)

    @property
    def frames(self) -> Iterator[Frames]:
        """The frames alone, (H, W, 3) uint8."""
        for pixels, _ in self.items:
            yield np.asarray(pixels if pixels.dtype == np.uint8 else to_8_bits(pixels), np.uint8)


def open_input(path: Path, key: str = "input", reading: Reading | None = None) -> Input:
    """A video, a picture, a folder of pictures or zipped pictures.

    Args:
        path: where it is.
        key: what the command line calls it.
        reading: of a video.

    Raises:
        UserError: there is nothing, or nothing that can be read.
    """
    if not path.exists():
        raise UserError(f"{key}={path}: there is no such file or folder.")
    if not (path.is_file() or path.is_dir()):
        raise UserError(f"{key}={path}: is a pipe or a device; store what comes from it in a file.")
    with told_of(key):
        return replace(_opened(path, reading or Reading()), path=path)


def _opened(path: Path, reading: Reading) -> Input:
    if path.is_dir() or path.suffix.lower() == ".zip":
        source = (FrameFolder if path.is_dir() else FrameZip)(path.name, path)
        return Input(_of_pictures(source), source.size.frames, RATE_OF_FOLDERS, names=source.names)
    if is_image(path.name):
        picture = decode_picture(path.read_bytes(), str(path))
        return Input(iter([(picture.pixels, At(name=path.name, alpha=picture.alpha))]), 1, RATE_OF_FOLDERS)
    video = Playback(path, reading.strict, reading.deinterlace, reading.keep_wide)
    return Input(_of_video(video), video.count, video.fps, video)


def _of_video(video: Playback) -> Iterator[tuple[Pixels, At]]:
    for frame in video:
        yield frame.pixels, At(frame.time, frame.duration) if video.time_base else NOWHERE


def _of_pictures(source: ImageSequence) -> Iterator[tuple[Pixels, At]]:
    """Frames of one size; all have the bits of the first."""
    dtype = None
    for name, data in source.encoded():
        picture = decode_picture(data, f"{source.path}/{name}")
        pixels, dtype = picture.pixels, dtype or picture.pixels.dtype
        if pixels.shape[:2] != source.size[1:]:
            raise BrokenFileError(
                f"{source.path}: its frames differ in size ({pixels.shape[1]} x {pixels.shape[0]} and "
                f"{source.size.width} x {source.size.height}); put each clip in a folder of its own"
            )
        yield _with_bits_of(pixels, dtype), At(name=Path(name).name, alpha=picture.alpha)


def _with_bits_of(pixels: Pixels, dtype: np.dtype[Any]) -> Pixels:
    if pixels.dtype == dtype:
        return pixels
    return to_8_bits(pixels) if dtype == np.uint8 else pixels.astype(np.uint16) * 257
