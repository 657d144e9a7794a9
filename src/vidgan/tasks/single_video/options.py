"""What ``vidgan-predict`` asks for where a run has learned one video."""

from dataclasses import dataclass
from typing import Any

from vidgan.errors import UserError
from vidgan.inference.options import NewVideoOptions, height_and_width, size_option
from vidgan.limits import Choices, Range, file, number, ruled, whole

#: The networks whose weights are of this task.
NETWORKS = ("vidgan.generators.ingan.",)

NONE, RANDOM = "none", "random"
#: What a transform can have, and how far each may go: degrees, and as of :func:`vidgan.ops.homography.homographies`.
TRANSFORMS = {"rotation": Range(-180, 180), "tilt": Range(-0.9, 0.9), "tilt_vertical": Range(-0.9, 0.9)}
METHODS = ("network", "vgpnn", "resize")


@dataclass
class Options(NewVideoOptions):
    """Makes the video that a run has learned anew: of any size, aspect, length and perspective, of its own patches.

    Attributes:
        size: of what is made, e.g. 320x180: things keep their size, and there are more or fewer of them; null is the
            size that the run has worked with.
        frames: of what is made: the video's, at its own speed, with jumps where they show least; null is as many.
        transform: none; random, drawn of the seed within what was trained; or a map of rotation (degrees, clockwise),
            tilt and tilt_vertical (perspective, -.9 to .9), each a number for all frames or [first, last], between
            which it goes smoothly, e.g. '{rotation: [-5, 10], tilt: 0.2}'.
        input: another video to be made anew by what was learned; null is the one of the run, which is read again.
        method: network; vgpnn, which trains nothing, keeps all in memory and takes seconds a frame, and with
            transform=random makes a new video of noise; or resize, to compare with.
        refine: rounds by which patches of what the network makes are replaced by the nearest ones of the video (VGPNN
            at full size alone); keeps all in memory.
        fps: frames a second; null is the video's.
        chunk: frames computed at once.
    """

    size: str | None = size_option()
    frames: int | None = whole(1, None)
    transform: Any = NONE
    input: str | None = file("video", default=None)
    method: str = ruled(Choices(METHODS), METHODS[0])
    refine: int = whole(0, 0, 100)
    fps: float | None = number(0, None, 1000, open_below=True)
    chunk: int = whole(1, 8)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size is not None:
            height_and_width(self.size)
        ends_of(self.transform)


def ends_of(transform: Any) -> list[tuple[float, float, float]] | None:
    """Rotation in degrees and both tilts, of the first and of the last frame; None where they are to be drawn.

    Raises:
        UserError: it is no transform.
    """
    if transform in (NONE, None):
        return [(0.0, 0.0, 0.0)] * 2
    if transform == RANDOM:
        return None
    if not isinstance(transform, dict) or not transform:
        wanted = ", ".join(TRANSFORMS)
        raise UserError(f"transform={transform}: expected none, random, or a map of {wanted}, e.g. '{{rotation: 10}}'.")
    for name, value in transform.items():
        if name not in TRANSFORMS:
            raise UserError(f"transform.{name}: there is no such transform; there are {', '.join(TRANSFORMS)}.")
        values = value if isinstance(value, list | tuple) else [value]
        if not (1 <= len(values) <= 2 and all(TRANSFORMS[name].admits(one) for one in values)):
            raise UserError(
                f"transform.{name}={value}: expected {TRANSFORMS[name]}, or [first, last], both of such numbers."
            )
    pairs = [_pair(transform.get(name, 0.0)) for name in TRANSFORMS]
    return [(pairs[0][end], pairs[1][end], pairs[2][end]) for end in (0, 1)]


def _pair(value: Any) -> tuple[float, float]:
    values = [float(one) for one in (value if isinstance(value, list | tuple) else [value])]
    return values[0], values[-1]
