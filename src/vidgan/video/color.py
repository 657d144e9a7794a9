"""The colors of a video: which are meant, what they become as RGB, and how a frame is turned upright.

Numbers are those of ITU-T H.273, as FFmpeg uses them.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

UNSPECIFIED = 2
BT709, BT2020 = 1, 9
HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics
_RGB, _BT470BG, _SMPTE170M, _BT2020_10 = 0, 5, 6, 14
_ALIKE = frozenset({1, 6, 14, 15})  # transfers of one curve, that of BT.709
#: Untagged video of this size or more is taken for high definition, by players as here.
_WIDTH_OF_HD, _TALLEST_SD, _LINES_OF_PAL = 1280, 576, 576
# FFmpeg's default is faster, but rounds coarsely and repeats chroma samples instead of interpolating them.
_CONVERSION = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

#: FFmpeg's conversion from halved chroma to its packed format of 16 bits, rgb48le, gives wrong colors.
DEEP_FORMAT = "gbrp16le"
#: In light: the inverse of ITU-R BT.2087's.
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)

#: (H, W, 3) RGB: uint8, or uint16 over its whole range.
Pixels = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class ColorTags:
    """What the samples of a video mean.

    Attributes:
        matrix: from RGB to YCbCr.
        primaries: the red, green and blue of it.
        transfer: the curve from light to samples.
    """

    matrix: int = BT709
    primaries: int = BT709
    transfer: int = BT709

    @property
    def is_wide(self) -> bool:
        """Whether the primaries are those of BT.2020."""
        return self.primaries == BT2020

    def written(self, keep_wide: bool) -> "ColorTags":
        """The tags of a video that RGB frames read from this one are written to, in studio range.

        The matrix is that of BT.709, which changes no color; primaries and transfer stay what they are, for no value
        of the frames is changed. Those of BT.2020 are converted to BT.709 when they are read, unless they are kept.
        """
        if self.is_wide:
            return ColorTags(BT2020, BT2020, _BT2020_10) if keep_wide else ColorTags()
        return ColorTags(BT709, self.primaries, BT709 if self.transfer in _ALIKE else self.transfer)


def tags_of(frame: VideoFrame) -> ColorTags:
    """What a frame says of itself; where it is silent, what players take it for.

    Untagged video is BT.601 below 1280 columns and up to 576 lines, BT.709 else. Its primaries are taken for those of
    BT.709 in both cases, as FFmpeg does, which leaves the values as they are.
    """
    matrix, primaries, transfer = frame.colorspace, frame.color_primaries, frame.color_trc
    if matrix == UNSPECIFIED:
        is_hd = frame.width >= _WIDTH_OF_HD or frame.height > _TALLEST_SD
        matrix = BT2020 if primaries == BT2020 else BT709 if is_hd else _sd_matrix(frame.height)
    if primaries == UNSPECIFIED:
        primaries = BT2020 if matrix in (9, 10) else BT709
    if transfer == UNSPECIFIED:
        transfer = _BT2020_10 if primaries == BT2020 else BT709
    return ColorTags(matrix, primaries, transfer)


def _sd_matrix(lines: int) -> int:
    return _BT470BG if lines == _LINES_OF_PAL else _SMPTE170M


def is_deep(frame: VideoFrame) -> bool:
    """Whether its samples have more than 8 bits."""
    return max(component.bits for component in frame.format.components) > 8


def to_rgb(
    frame: VideoFrame, converter: VideoReformatter | None = None, deep: bool = False, keep_wide: bool = False
) -> Pixels:
    """A frame as a player would show it: by its own matrix and range, turned upright.

    Args:
        frame: of any pixel format; alpha is dropped.
        converter: kept from frame to frame.
        deep: keep more than 8 bits.
        keep_wide: leave primaries of BT.2020 as they are, instead of converting them to BT.709.

    Returns:
        (H, W, 3) RGB, uint8, or uint16 over its whole range.
    """
    tags = tags_of(frame)
    narrowed = tags.is_wide and not keep_wide
    many = deep or narrowed
    converted = (converter or VideoReformatter()).reformat(
        frame,
        format=DEEP_FORMAT if many else "rgb24",
        src_colorspace=tags.matrix,
        interpolation=_CONVERSION,
    )
    pixels: Any = np.asarray(converted.to_ndarray(), np.uint16 if many else np.uint8)
    if narrowed:
        pixels = _to_bt709(pixels)
    return upright(pixels if deep or not many else to_8_bits(pixels), display_matrix(frame))


def to_8_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """uint16 over its whole range, rounded to uint8."""
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _to_bt709(pixels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """RGB with primaries of BT.2020 to those of BT.709: in light, clipped to what BT.709 can show (ITU-R BT.2087)."""
    to_light, to_samples = _curves()
    light = cv2.transform(to_light[pixels], _BT2020_TO_BT709)
    converted: NDArray[np.uint16] = to_samples[(light.clip(0, 1) * 65535 + 0.5).astype(np.uint16)]
    return converted


@cache
def _curves() -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    """From 16-bit samples to light in [0, 1], and from 16 bits of light back (ITU-R BT.709, item 1.2)."""
    levels = np.arange(65536) / 65535
    light = np.where(levels < 0.081, levels / 4.5, ((levels + 0.099) / 1.099) ** (1 / 0.45))
    samples = np.where(levels < 0.018, 4.5 * levels, 1.099 * levels**0.45 - 0.099)
    return light.astype(np.float32), (samples * 65535 + 0.5).astype(np.uint16)


def display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Where a frame's axes point on the screen: (a, b, c, d) takes (x, y) to (a x + c y, b x + d y), each -1, 0 or 1.

    Angles between the four right ones are rounded to the nearest, as no pixel is interpolated.
    """
    data = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]  # missing in PyAV's types
    if data is None:
        return 1, 0, 0, 1
    numbers = np.frombuffer(bytes(data), np.int32)[[0, 1, 3, 4]] / 65536
    a, b, c, d = np.sign(numbers).astype(int)
    if abs(numbers[0]) >= abs(numbers[1]):
        return int(a) or 1, 0, 0, int(d) or 1
    return 0, int(b) or 1, int(c) or 1, 0


def upright(pixels: Pixels, matrix: tuple[int, int, int, int]) -> Pixels:
    """(H, W, C) pixels, turned and mirrored as :func:`display_matrix` says."""
    a, b, c, d = matrix
    if a == 0:
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    return np.ascontiguousarray(pixels[:: d or 1, :: a or 1])
