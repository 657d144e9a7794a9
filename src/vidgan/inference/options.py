"""What uses of several tasks ask for; the ``Options`` of a task extend these.

Without torch, as all modules of options are: ``vidgan-predict run=<id> --help`` prints them.
"""
# ruff: noqa: RUF009 - the calls make fields

from dataclasses import dataclass
from typing import Any

from vidgan.errors import UserError
from vidgan.inference.video_options import VideoOptions, WritingOptions
from vidgan.limits import REQUIRED, Form, component, file, number, refuse_unfit, ruled, whole, written

LARGEST = 16384  # pixels of a side, as of H.264


@dataclass
class UseOptions:
    """What a use is told. A subclass documents its fields under ``Attributes:``, which the command's help repeats.

    A field of :func:`vidgan.limits.component` holds an object; on the command line it is an option of a group.

    Raises:
        UserError: a value is missing or out of its range.
    """

    def __post_init__(self) -> None:
        refuse_unfit(self)


@dataclass
class ClipOptions(UseOptions, VideoOptions):
    """Makes a video, a picture or a folder of them of another one, of any length, in constant memory.

    Attributes:
        input: a video, a picture, zipped pictures, or a folder of pictures or videos.
        output: what is written: a video or a picture by its suffix, a folder without one.
        chunk: frames computed at once; null is what fits into the free memory, 8 at most where more gain nothing.
        context: frames seen on either side of those, by networks that look at whole clips; null is 8.
        tile: side in input pixels of the tiles that large frames are cut into; null computes whole frames.
    """

    input: str = file("video", "picture")
    output: str = written("video", "picture", like="input")
    chunk: int | None = whole(1, None)
    context: int | None = whole(0, None)
    tile: int | None = whole(1, None)


@dataclass
class NewVideoOptions(UseOptions, WritingOptions):
    """Makes a new video of what was learned alone: no input is needed.

    Attributes:
        output: what is written: a video or a picture by its suffix, a folder of pictures without one.
        seed: all that is drawn follows from it.
    """

    output: str = written("video", "picture")
    seed: int = whole(0, 0, 2**32 - 1)


#: What the size of a video is written as.
SIZE = Form(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}", "width and height in pixels, e.g. 320x180")


def size_option() -> Any:
    """A field that holds the size of what is made as :data:`SIZE`, or None; see :func:`height_and_width`."""
    return ruled(SIZE, None)


def height_and_width(size: str) -> tuple[int, int]:
    """Of a text of the form :data:`SIZE`.

    Raises:
        UserError: a side is longer than :data:`LARGEST`.
    """
    width, height = map(int, size.split("x"))
    if max(width, height) > LARGEST:
        raise UserError(f"size={size}: a side is longer than {LARGEST:,} pixels; choose a smaller size.")
    return height, width


@dataclass
class PersonOptions(UseOptions, VideoOptions):
    """Shows a person in other poses.

    Attributes:
        estimator: what finds people in frames.
        confidence: key points that are less sure count as missing.
        retarget: move and scale the poses to where the person of the picture stands, to its size and its proportions.
        person: whose movement or pose is taken where there are several: 1 for the one that is larger and longer in view
            than any other, 2 for the next; null is 1.
        height, width: of what is made, in pixels; null is the size that the run was trained on.
    """

    estimator: Any = component("estimator", REQUIRED, option="blazepose")
    confidence: float = number(0, 0.3, 1)
    retarget: bool = True
    person: int | None = whole(1, None)
    height: int | None = whole(1, None, LARGEST)
    width: int | None = whole(1, None, LARGEST)
