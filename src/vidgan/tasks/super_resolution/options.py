"""What ``vidgan-predict`` asks for where a run enlarges videos."""

from dataclasses import dataclass

from vidgan.inference.options import ClipOptions

#: The published networks whose weights are of this task.
NETWORKS = (
    "vidgan.generators.basicvsr.",
    "vidgan.generators.basicvsr_plus_plus.",
    "vidgan.generators.recurrent.",
    "vidgan.generators.rrdbnet.",
    "vidgan.generators.srresnet.",
    "vidgan.generators.srvgg.",
    "vidgan.generators.tecogan.",
)


@dataclass
class Options(ClipOptions):
    """Enlarges a video, a picture or a folder of pictures, of any length and size."""
