"""What ``vidgan-predict`` asks for where a run shows a person in another pose."""

from dataclasses import dataclass

from vidgan.inference.options import PersonOptions
from vidgan.limits import file, whole, written

#: The networks whose weights are of this task.
NETWORKS = ("vidgan.generators.limb_transport.", "vidgan.generators.patn.", "vidgan.generators.pg2.")


@dataclass
class Options(PersonOptions):
    """Shows the person of a picture in the pose of another one, or of key points.

    Attributes:
        source: a picture of the person, or a video of which the frame with the surest pose is taken.
        pose: a picture of somebody in the pose, or key points in any format that vidgan-pose writes; of several frames
            each by itself.
        output: a picture; of several poses a folder of pictures or a video.
        chunk: poses computed at once.
    """

    source: str = file("picture", "video")
    pose: str = file("picture", "video", "points")
    output: str = written("video", "picture", like="pose")
    chunk: int = whole(1, 8)
