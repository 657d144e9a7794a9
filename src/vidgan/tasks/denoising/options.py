"""What ``vidgan-predict`` asks for where a run removes noise."""

from dataclasses import dataclass

from vidgan.inference.options import ClipOptions
from vidgan.limits import number

#: The networks whose weights are of this task.
NETWORKS = ("vidgan.generators.fastdvdnet.", "vidgan.generators.recurrent_denoiser.")


@dataclass
class Options(ClipOptions):
    """Removes the noise of a video, a picture or a folder of pictures.

    Attributes:
        sigma: standard deviation of the noise, in 8-bit levels; null estimates it of the first frames.
    """

    sigma: float | None = number(0, None, 255)
