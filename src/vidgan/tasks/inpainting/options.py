"""What ``vidgan-predict`` asks for where a network fills holes."""
# ruff: noqa: RUF009 - the calls make fields

from dataclasses import dataclass
from typing import Any

from vidgan.inference.options import ClipOptions
from vidgan.limits import file, whole

#: The published networks whose weights are of this task.
NETWORKS = ("vidgan.generators.propagation_blend.", "vidgan.generators.sttn.")


@dataclass
class Options(ClipOptions):
    """Fills the holes of a video, a picture or a folder of pictures; what is outside of them is not touched.

    Attributes:
        mask: the holes: a video, zipped pictures or a folder of pictures, one for each frame, or a picture for all,
            white in holes (brighter than 127 of 255); or a box [x, y, width, height] in pixels; or a color in which
            holes are painted, as lime or "#00ff00". Of a folder of several videos, a folder of masks under their names.
        tolerance: how far a color may be from that of holes, in 8-bit levels.
        dilate: pixels by which holes are made larger on each side, as masks tend to be tight.
        chunk: frames filled at once; null is what fits into the free memory.
        context: frames seen on either side of those; what a hole hides longer than that is not found.
    """

    mask: Any = file("video", "picture", drawn_on="input")
    tolerance: int = whole(0, 8, 255)
    dilate: int = whole(0, 4, 1000)
    chunk: int | None = whole(1, None)
    context: int | None = whole(0, 20)
