"""A clip through a codec and back in memory: what it costs, and what a player shows of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from vidgan.errors import UserError
from vidgan.video.color import BT709, to_rgb
from vidgan.video.encoding import CODECS
from vidgan.video.reader import Frames

_RATE = Fraction(25)  # which says nothing to a constant rate factor
_STUDIO = 1
_TO_YUV = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


@dataclass(frozen=True)
class CodedScale:
    """What a codec's constant quality is.

    Attributes:
        largest: the worst constant rate factor, and quantizer, that there is; 0 is the best.
        decoder: FFmpeg's name.
        alone: the options that have it compute in one thread, so that its stream is the same on every machine.
    """

    largest: int
    decoder: str
    alone: Mapping[str, str]


SCALES: Mapping[str, CodedScale] = {
    "h264": CodedScale(51, "h264", {}),
    "hevc": CodedScale(51, "hevc", {"x265-params": "log-level=error:pools=none:frame-threads=1:wpp=0"}),
    "av1": CodedScale(63, "libdav1d", {"svtav1-params": "lp=1"}),
}


@dataclass(frozen=True)
class Coding:
    """How a clip is coded, in 8 bits, BT.709 of studio swing, with halved chroma (4:2:0) where the sizes are even.

    Args:
        codec: h264 (x264), hevc (x265) or av1 (SVT-AV1).
        preset: of the encoder; None is its own: medium of x264 and x265, 10 of SVT-AV1.
        tune: of the encoder, such as zerolatency, film or animation; None is for nothing special.
        keyframes: most frames from one key frame to the next; None is the encoder's own, 250 of x264 and x265.
        constant: what stays the same over a clip: ``"crf"``, the constant rate factor, or ``"qp"``, the quantizer.

    Raises:
        UserError: there is no such codec, or it is no number of frames.
    """

    codec: str = "h264"
    preset: str | None = None
    tune: str | None = None
    keyframes: int | None = None
    constant: str = "crf"

    def __post_init__(self) -> None:
        if self.codec not in SCALES:
            raise UserError(f"codec={self.codec}: it is not coded with here; choose one of {', '.join(SCALES)}.")
        if self.constant not in ("crf", "qp"):
            raise UserError(f"constant={self.constant}: expected crf, the constant rate factor, or qp, the quantizer.")
        if self.keyframes is not None and self.keyframes < 1:
            raise UserError(f"keyframes={self.keyframes}: expected a number of frames, 1 or more.")

    @property
    def scale(self) -> CodedScale:
        return SCALES[self.codec]

    def options(self, level: int) -> dict[str, str]:
        """Of the encoder, for a rate factor or quantizer of that level."""
        chosen = {"preset": self.preset, "tune": self.tune, "g": self.keyframes, self.constant: level}
        return {**self.scale.alone, **{name: str(value) for name, value in chosen.items() if value is not None}}


def coded(frames: Frames, level: int, how: Coding) -> tuple[Frames, NDArray[np.int64]]:
    """A clip as it is after coding and decoding, and what each frame of it costs.

    Args:
        frames: (T, H, W, 3) uint8 RGB.
        level, how: as of :func:`recoded`.

    Returns:
        (T, H, W, 3) uint8 RGB, and (T,) bits of the packets of each frame in the order shown.

    Raises:
        UserError: as of :func:`recoded`.
    """
    shown, bits = zip(*recoded(frames, level, how), strict=True)
    return np.stack(shown), np.array(bits)


def recoded(frames: Iterable[Frames], level: int, how: Coding) -> Iterator[tuple[Frames, int]]:
    """Frames as they are after coding and decoding, one by one, and the bits of their packets.

    What x264 and x265 write of their own settings into the first packet counts, as it does in a file.

    Args:
        frames: (H, W, 3) uint8 RGB, of one size.
        level: constant rate factor or quantizer; 0 is the best.
        how: codec and settings.

    Raises:
        UserError: the level is out of range, or the encoder refuses the settings.
    """
    if not 0 <= level <= how.scale.largest:
        raise UserError(f"{how.constant}={level}: {how.codec} has 0 to {how.scale.largest}")
    decoder, converter = CodecContext.create(how.scale.decoder, "r"), VideoReformatter()
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    bits: Counter[int] = Counter()
    count = 0
    for packet in _packets(frames, level, how):
        if packet is not None:
            assert packet.pts is not None, "the encoder keeps the times of frames"
            bits[packet.pts] += 8 * packet.size
        for frame in decoder.decode(packet):
            yield np.asarray(to_rgb(frame, converter), np.uint8), bits.pop(count)
            count += 1


def _packets(frames: Iterable[Frames], level: int, how: Coding) -> Iterator[Packet | None]:
    """The packets of a stream, and None at its end."""
    encoder, converter = None, VideoReformatter()
    for index, frame in enumerate(frames):
        height, width = frame.shape[:2]
        encoder = encoder or _encoder(height, width, level, how)
        try:
            yield from encoder.encode(_yuv(frame, index, encoder, converter))
        except (av.error.FFmpegError, ValueError) as error:
            raise UserError(
                f"{encoder.name} codes no {width} x {height} pixels with {how.options(level)} ({error}); change its "
                "preset, tune or size"
            ) from error
    yield from encoder.encode(None) if encoder else ()
    yield None


def _encoder(height: int, width: int, level: int, how: Coding) -> VideoCodecContext:
    codec = CODECS[how.codec]
    context = CodecContext.create(codec.encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, codec.pixel_format(height, width, False)
    context.time_base, context.framerate = 1 / _RATE, _RATE
    context.thread_count = 1
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = _STUDIO
    context.options = how.options(level)
    return context


def _yuv(frame: Frames, index: int, encoder: VideoCodecContext, converter: VideoReformatter) -> VideoFrame:
    picture = converter.reformat(
        VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24"),
        format=encoder.pix_fmt,
        dst_colorspace=BT709,
        dst_color_range=_STUDIO,
        interpolation=_TO_YUV,
    )
    picture.pts = index
    return picture
