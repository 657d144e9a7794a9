"""What ``vidgan-predict`` asks for where a network codes videos."""

from dataclasses import dataclass

from vidgan.inference.options import UseOptions
from vidgan.inference.video_options import VideoOptions
from vidgan.limits import file, whole, written


@dataclass
class Options(UseOptions, VideoOptions):
    """Codes a video as a file of the network's own, .vgc, and such a file as a video.

    Attributes:
        input: a video or pictures that are coded, or a .vgc that is decoded.
        output: a .vgc, or what a .vgc is decoded to: a video or a picture by its suffix, a folder without one.
        rate: which of the rates that the network has learned; 0 is the smallest file, null the middle one.
        keyframes: frames from one that is coded by itself to the next; null is the first one alone.
    """

    input: str = file("video", "picture", ".vgc")
    output: str = written(".vgc", "video", "picture")
    rate: int | None = whole(0, None)
    keyframes: int | None = whole(1, None)
