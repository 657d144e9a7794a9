"""What ``vidgan-predict`` asks for where a run corrects key points over time."""

from dataclasses import dataclass

from vidgan.inference.options import UseOptions
from vidgan.inference.video_options import OutputOptions
from vidgan.limits import file, number, whole, written

#: The networks whose weights are of this task.
NETWORKS = ("vidgan.generators.pose_refiner.",)
#: Pixels, as of :func:`vidgan.pose.smoothing.body_size`, of the persons that the shipped recipes train on.
BODY_SIZE = 186.0


@dataclass
class Options(UseOptions, OutputOptions):
    """Corrects the key points of people over time; those that are missing stay missing.

    Attributes:
        input: key points: .npz, .json (COCO), .csv (PATN), or a folder of OpenPose's.
        output: key points in the format of its suffix; a folder of OpenPose's without one.
        skeleton: of the output; null is what its format wants, or else openpose_18.
        fill: gaps of up to so many frames are filled before.
        size: of the bodies that the run was trained on, in pixels; others are scaled to it.
    """

    input: str = file("points")
    output: str = written("points", like="input")
    skeleton: str | None = None
    fill: int = whole(0, 8)
    size: float = number(0, BODY_SIZE, open_below=True)
