"""What ``vidgan-predict`` asks for where a run removes what coding has added."""

from dataclasses import dataclass

from vidgan.inference.options import ClipOptions
from vidgan.limits import number

#: The networks whose weights are of this task.
NETWORKS = ("vidgan.generators.post_filter.",)


@dataclass
class Options(ClipOptions):
    """Decodes a video better: removes the artifacts of its compression.

    Attributes:
        crf: the rate factor or quantizer with which it was coded; null reads it from the stream, where x264 and x265
            write it.
    """

    crf: float | None = number(0, None, 63)
