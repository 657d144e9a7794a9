"""What a user gives: a video, a picture, a folder of pictures or zipped ones."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vidgan.data.pictures import decode_image, is_image
from vidgan.data.sources import FrameFolder, FrameZip, VideoFile
from vidgan.errors import UserError, told_of
from vidgan.video.reader import Frames, probe

logger = logging.getLogger(__name__)

RATE_OF_FOLDERS = Fraction(25)


@dataclass(frozen=True)
class Input:
    """What is to be processed: its frames one by one, how many, how fast, and the video they come from, if any."""

    frames: Iterator[Frames]
    count: int
    fps: Fraction
    video: Path | None = None


def open_input(path: Path, key: str = "input") -> Input:
    """A video, a picture, a folder of pictures or zipped pictures.

    Args:
        path: where it is.
        key: what the command line calls it.

    Raises:
        UserError: there is nothing, or nothing that can be read.
    """
    if not path.exists():
        raise UserError(f"{key}={path}: there is no such file or folder.")
    with told_of(key):
        return _opened(path)


def _opened(path: Path) -> Input:
    if path.is_dir() or path.suffix.lower() == ".zip":
        source = (FrameFolder if path.is_dir() else FrameZip)(path.name, path)
        return Input(source.stream(), source.size.frames, RATE_OF_FOLDERS)
    if is_image(path.name):
        return Input(iter([decode_image(path.read_bytes(), str(path))]), 1, RATE_OF_FOLDERS)
    info = probe(path)
    if info.varying_rate:
        logger.warning("%s: its rate varies; the result has %.4g frames a second throughout", path, float(info.fps))
    return Input(VideoFile(path.name, path).stream(), info.frames, info.fps, path)
