"""What ``vidgan-predict`` asks for where a run sets a person in motion."""
# ruff: noqa: RUF009 - the calls make fields

from dataclasses import dataclass
from typing import Any

from vidgan.inference.options import PersonOptions
from vidgan.limits import REQUIRED, component, file, number, whole, written

#: The networks whose weights are of this task.
NETWORKS = ("vidgan.generators.recurrent_limb_transport.",)


@dataclass
class Options(PersonOptions):
    """Sets a person in motion: a picture and a driving video, or key points, to a video of any length.

    Attributes:
        reference: a picture of the person, or a video of which the frame with the surest pose is taken.
        driving: a video of somebody's movement, or key points in any format that vidgan-pose writes.
        output: a video, or a folder of pictures.
        num_frames: the first so many of the movement; null for all.
        fps: frames a second, of key points that do not tell.
        smoother: of the movement.
        fill: gaps of up to so many frames are filled.
        chunk: frames computed at once.
    """

    reference: str = file("picture", "video")
    driving: str = file("video", "points")
    output: str = written("video", like="driving")
    num_frames: int | None = whole(1, None)
    fps: float | None = number(0, None, 1000, open_below=True)
    smoother: Any = component(
        "smoother",
        REQUIRED,
        option="median_gaussian",
        without={"gan": "smooth with it by vidgan-pose, and give driving=<the key points that it writes>"},
    )
    fill: int = whole(0, 8)
    chunk: int = whole(1, 8)
