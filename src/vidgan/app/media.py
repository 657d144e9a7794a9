"""Files that come from and go to the page: their kinds, their sizes, single frames of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PIL import Image, ImageOps

from vidgan.data.pictures import IMAGE_SUFFIXES, is_image, size_of
from vidgan.data.sources import FrameZip, is_video
from vidgan.errors import UserError
from vidgan.inference.inputs import open_input
from vidgan.video.playback import Playback
from vidgan.video.reader import VIDEO_SUFFIXES

VIDEO, PICTURE, POINTS = "video", "picture", "points"
_SUFFIXES = {
    VIDEO: (*sorted(VIDEO_SUFFIXES), ".zip"),
    PICTURE: tuple(sorted(IMAGE_SUFFIXES)),
    POINTS: (".npz", ".json", ".csv"),
}
_MADE = {VIDEO: ".mp4", PICTURE: ".png"}


@dataclass(frozen=True)
class Most:
    """The largest that is taken: pixels of a frame, and frames of a video."""

    megapixels: float
    frames: int


def suffixes(kinds: Iterable[str]) -> list[str]:
    """What files of some kinds end with; see :class:`vidgan.limits.Files`."""
    return [suffix for kind in kinds for suffix in _SUFFIXES.get(kind, (kind,))]


def kind_of(path: Path) -> str:
    """The kind of a file by its name; its suffix where that is no common one."""
    suffix = path.suffix.lower()
    return next((kind for kind, known in _SUFFIXES.items() if suffix in known), suffix)


def made_suffix(kind: str, like: Path | None) -> str:
    """What a file of a kind that is made ends with: key points stay in their format."""
    if kind in _MADE:
        return _MADE[kind]
    return like.suffix if like is not None and kind_of(like) == kind else suffixes([kind])[0]


def refuse_beyond(path: Path, most: Most) -> None:
    """
    Raises:
        UserError: a video or a picture is larger or longer than is taken here, or cannot be read.
    """
    count, width, height = _measured(path)
    if width * height > most.megapixels * 1e6:
        raise UserError(
            f"{path.name} has frames of {width} x {height} pixels, and this page takes {most.megapixels:g} megapixels; "
            "make it smaller, or start vidgan-app with a larger megapixels=<number>."
        )
    if count > most.frames:
        raise UserError(
            f"{path.name} has {count:,} frames, and this page takes {most.frames:,}; cut it, or start vidgan-app with "
            "a larger frames=<number>."
        )


def _measured(path: Path) -> tuple[int, int, int]:
    """Frames, width and height; nothing of what has none."""
    if is_image(path.name):
        return (1, *(size_of(path) or (0, 0)))  # what has no size is told where it is decoded
    if is_video(path.name):
        video = Playback(path)
        return video.count, video.width, video.height
    if path.suffix.lower() == ".zip":
        size = FrameZip(path.name, path).size
        return size.frames, size.width, size.height
    return 0, 0, 0


def count_of(path: Path) -> int:
    """Of the frames of a video or a picture; 0 of other files."""
    return _measured(path)[0] if kind_of(path) in (VIDEO, PICTURE) else 0


def frame_of(path: Path, number: int) -> Image.Image:
    """One frame, from 0, in 8 bits; the last one where there are fewer.

    Raises:
        UserError: it cannot be read.
    """
    frames = islice(open_input(path).frames, max(0, min(number, count_of(path) - 1)), None)
    return Image.fromarray(next(frames))


def pair(before: Path, after: Path, number: int) -> tuple[Image.Image, Image.Image]:
    """Frame ``number`` of what was made, from 0, and before it that of the input at the same part of its length.

    Both have the size of what was made; where the shapes differ, the first has margins.

    Raises:
        UserError: one of them cannot be read.
    """
    made, given = max(1, count_of(after) - 1), count_of(before) - 1
    shown = frame_of(after, number)
    at_that_time = frame_of(before, round(number * given / made))
    return ImageOps.pad(at_that_time, shown.size, Image.Resampling.BICUBIC), shown
