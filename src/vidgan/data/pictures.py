"""Pictures: which files are, and what an encoded one becomes."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from vidgan.video.color import Pixels, to_8_bits
from vidgan.video.reader import MOST_PIXELS, BrokenFileError, Frames, refuse_large

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
MOST_BYTES = 6 * MOST_PIXELS  # of an encoded picture: 16 bits of three colors, not compressed
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # what it warns of is refused here
_ORIENTATION = 0x0112  # a tag of EXIF
_JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_JPEG = b"\xff\xd8"  # what such a file begins with


@dataclass(frozen=True)
class Picture:
    """A decoded picture, turned upright.

    Attributes:
        pixels: (H, W, 3) RGB, uint8, or uint16 over its whole range.
        alpha: (H, W) opacity, of the same type; None where there is none.
    """

    pixels: Pixels
    alpha: Pixels | None = None


def decode_image(data: bytes, name: str) -> Frames:
    """An encoded image as (H, W, 3) uint8 RGB: 16 bits are rounded to 8, grey is repeated, alpha is dropped.

    Raises:
        BrokenFileError: ``data`` is no complete image, is too large, or has other samples than 8 or 16 bits; the text
            says ``name``.
    """
    pixels = decode_picture(data, name).pixels
    return np.asarray(pixels if pixels.dtype == np.uint8 else to_8_bits(pixels), np.uint8)


def decode_picture(data: bytes, name: str) -> Picture:
    """An encoded image with all that it holds: 8 or 16 bits, and its alpha; grey is repeated.

    Raises:
        BrokenFileError: as for :func:`decode_image`.
    """
    orientation = _looked_into(data, name)
    # Unchanged keeps 16 bits and alpha, but leaves a phone's picture lying on its side; of JPEG, OpenCV makes RGB.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION if data.startswith(_JPEG) else cv2.IMREAD_UNCHANGED
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error:  # beyond its own limits
        image = None
    if image is None:
        raise BrokenFileError(f"{name}: cannot be read as an image; repair or remove it")
    if image.dtype not in (np.uint8, np.uint16):
        raise BrokenFileError(f"{name}: has {image.dtype} samples; save it with 8 or 16 bits")
    image = _turned(image, orientation)
    conversions = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    channels = 1 if image.ndim == 2 else image.shape[2]
    alpha = np.ascontiguousarray(image[..., 3]) if channels == 4 else None
    return Picture(np.asarray(cv2.cvtColor(image, conversions[channels])), alpha)


def _turned(image: Any, orientation: int) -> Any:
    """Pixels as they are shown by EXIF's orientation, 1 to 8."""
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return np.ascontiguousarray(image[::rows, ::columns])


def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height of a picture as shown, from its header; None where there is none that can be read."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            turned = picture.format != "PNG" and picture.getexif().get(_ORIENTATION, 1) in range(5, 9)
    except Exception:  # told where it is decoded
        return None
    return (height, width) if turned else (width, height)


def _looked_into(data: bytes, name: str) -> int:
    """EXIF's orientation, from the header. What Pillow does not know is left to OpenCV, which has limits of its own.

    Raises:
        BrokenFileError: the picture is too large.
    """
    try:
        with Image.open(BytesIO(data)) as picture:
            refuse_large(name, *picture.size)
            # OpenCV turns TIFF by itself; of PNG, Pillow would decode all of it to find that there is none.
            without = picture.format == "TIFF" or (picture.format == "PNG" and b"eXIf" not in data)
            orientation = 1 if without else picture.getexif().get(_ORIENTATION, 1)
    except Image.DecompressionBombError as error:
        raise BrokenFileError(
            f"{name}: has more than the {MOST_PIXELS:,} pixels that are decoded; cut it into parts"
        ) from error
    except BrokenFileError:
        raise
    except Exception:  # of a damaged file
        return 1
    return orientation if orientation in range(1, 9) else 1


def is_junk(name: str) -> bool:
    """Whether other systems have put a file there: macOS's ``._rose.png`` and ``__MACOSX``, Windows' ``Thumbs.db``."""
    path = Path(name)
    return path.name.startswith(".") or path.name.lower() in _JUNK or "__MACOSX" in path.parts


def is_image(name: str) -> bool:
    """Whether a file is a picture, by its name."""
    return Path(name).suffix.lower() in IMAGE_SUFFIXES and not is_junk(name)
