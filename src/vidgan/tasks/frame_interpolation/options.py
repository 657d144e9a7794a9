"""What ``vidgan-predict`` asks for where a network makes frames between those of a video."""

from dataclasses import dataclass

from vidgan.errors import UserError
from vidgan.inference.options import UseOptions
from vidgan.inference.video_options import VideoOptions
from vidgan.limits import Choices, Exact, file, ruled, whole, written

#: The published networks whose weights are of this task.
NETWORKS = ("vidgan.generators.rife.", "vidgan.generators.ifrnet.")

_NUMBER = Exact(1000)
_ONE_OF = (
    "fps, factor and slow: give one of them, fps=60 for so many frames a second, factor=2 for so many times as many, "
    "or slow=4 for so many times as long; given are %s."
)


@dataclass
class Options(UseOptions, VideoOptions):
    """Makes frames between those of a video or a folder of pictures; exactly one of fps, factor and slow says which.

    Attributes:
        input: a video, zipped pictures, or a folder of pictures or videos; pictures are 25 frames a second.
        output: what is written: a video by its suffix, a folder of pictures, numbered, without one.
        fps: frames a second of the output, e.g. 60 or 60000/1001; sound stays in step.
        factor: frames of the output for each one of the input, e.g. 2 or 2.5; sound stays in step.
        slow: how many times as long the output takes, at the rate of the input, e.g. 4; without sound.
        scale: size of the frames in which motion is looked for; null is 0.5 above 2.5 megapixels, and 1 else.
        tile: side in pixels of the tiles that large frames are cut into; null computes whole frames.
        cuts: make no frame between two scenes; the last of a scene stays until the next begins.
        duplicates: of frames that repeat the one before up to three times, as drawings do: retime makes frames between
            those that differ, keep leaves them.
    """

    input: str = file("video")
    output: str = written("video", like="input")
    fps: str | None = ruled(_NUMBER, None)
    factor: str | None = ruled(_NUMBER, None)
    slow: str | None = ruled(_NUMBER, None)
    scale: float | None = ruled(Choices((0.25, 0.5, 1, 2)), None)
    tile: int | None = whole(1, None)
    cuts: bool = True
    duplicates: str = ruled(Choices(("retime", "keep")), "retime")

    def __post_init__(self) -> None:
        """
        Raises:
            UserError: none of fps, factor and slow is given, or more than one.
        """
        super().__post_init__()
        given = [f"{name}={value}" for name in ("fps", "factor", "slow") if (value := getattr(self, name)) is not None]
        if len(given) != 1:
            raise UserError(_ONE_OF % (" and ".join(given) or "none"))
