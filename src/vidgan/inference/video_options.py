"""What is asked of every use that reads or writes videos and pictures, without torch."""

from dataclasses import dataclass

from vidgan.limits import Choices, number, ruled
from vidgan.video.settings import SOUNDS, Encoding, Reading

COLORS = ("bt709", "keep")


@dataclass
class OutputOptions:
    """Whether what is there is lost.

    Attributes:
        overwrite: replace an output that is there already.
    """

    overwrite: bool = False


@dataclass
class WritingOptions(OutputOptions):
    """How videos are written.

    Attributes:
        codec: of a video: h264, hevc, av1, ffv1 (lossless) or prores, or the name of a hardware encoder such as
            h264_nvenc; null is av1 for .webm and h264 else.
        quality: constant rate factor of h264, hevc and av1, less is better; null is 18, 20 or 24.
        preset: of the encoder, from fast to small, e.g. veryfast; null is its own.
        pixel_format: FFmpeg's name, e.g. yuv420p10le; null is 8 bits for h264, and for others the bits of the input.
    """

    codec: str | None = None
    quality: float | None = number(0, None, 63)
    preset: str | None = None
    pixel_format: str | None = None


@dataclass
class VideoOptions(WritingOptions):
    """How videos and pictures are read and written.

    Attributes:
        sound: copy (codes anew only what the output cannot hold), aac, opus or none.
        color: of input in BT.2020: bt709 converts it, keep leaves it.
        deinterlace: join the fields of interlaced video.
        strict: refuse damaged video, instead of repeating the frame before one that is lost.
    """

    sound: str = ruled(Choices(SOUNDS), "copy")
    color: str = ruled(Choices(COLORS), "bt709")
    deinterlace: bool = False
    strict: bool = False


def reading(options: VideoOptions) -> Reading:
    """How the input is read."""
    return Reading(options.strict, options.deinterlace, options.color == "keep")


def encoding(options: WritingOptions) -> Encoding:
    """How the output is coded; without sound where nothing is read that could have any."""
    sound = options.sound if isinstance(options, VideoOptions) else "none"
    return Encoding(options.codec, options.quality, options.preset, options.pixel_format, sound)
