"""How videos are read and written, as plain values; without any import that takes time."""

from dataclasses import dataclass

#: What sound is written as; ``copy`` codes anew only what the file cannot hold.
SOUNDS = ("copy", "aac", "opus", "none")


@dataclass(frozen=True)
class Encoding:
    """How a video is written.

    Attributes:
        codec: h264, hevc, av1, ffv1 or prores, or the name of an encoder of FFmpeg's such as h264_nvenc; None follows
            from the file's name.
        quality: constant rate factor of h264, hevc and av1, less is better; None is the codec's own choice here.
        preset: of the encoder, from fast to small.
        pixel_format: FFmpeg's name, such as yuv420p10le; None follows from the frames.
        sound: one of :data:`SOUNDS`.
    """

    codec: str | None = None
    quality: float | None = None
    preset: str | None = None
    pixel_format: str | None = None
    sound: str = "copy"


@dataclass(frozen=True)
class Reading:
    """How videos are read.

    Attributes:
        strict: refuse one that is cut short or damaged, instead of bridging what is lost.
        deinterlace: join the fields of interlaced frames.
        keep_wide: leave colors of BT.2020 as they are, instead of converting them to BT.709.
    """

    strict: bool = False
    deinterlace: bool = False
    keep_wide: bool = False
