"""Pictures: which files are, and what an encoded one becomes."""

import warnings
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vidgan.video.reader import MOST_PIXELS, BrokenFileError, Frames, refuse_large

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
MOST_BYTES = 6 * MOST_PIXELS  # of an encoded picture: 16 bits of three colours, not compressed
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # what it warns of is refused here
_JPEG = b"\xff\xd8"  # what such a file begins with


def decode_image(data: bytes, name: str) -> Frames:
    """An encoded image as (H, W, 3) uint8 RGB: 16 bits are rounded to 8, grey is repeated, alpha is dropped.

    Raises:
        BrokenFileError: ``data`` is no complete image, is too large, or has other samples than 8 or 16 bits; the text
            says ``name``.
    """
    # Unchanged keeps 16 bits, but leaves a phone's picture lying on its side: JPEG, of 8 bits, is turned as EXIF says.
    _refuse_large_picture(data, name)
    flags = cv2.IMREAD_COLOR if data.startswith(_JPEG) else cv2.IMREAD_UNCHANGED
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error:  # beyond its own limits
        image = None
    if image is None:
        raise BrokenFileError(f"{name}: cannot be read as an image; repair or remove it")
    if image.dtype == np.uint16:
        image = ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if image.dtype != np.uint8:
        raise BrokenFileError(f"{name}: has {image.dtype} samples; save it with 8 or 16 bits")
    conversions = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    channels = 1 if image.ndim == 2 else image.shape[2]
    return np.asarray(cv2.cvtColor(image, conversions[channels]), np.uint8)


def _refuse_large_picture(data: bytes, name: str) -> None:
    """By its header, before it is decoded. What Pillow does not know is left to OpenCV, which has limits of its own."""
    try:
        with Image.open(BytesIO(data)) as picture:
            width, height = picture.size
    except Image.DecompressionBombError as error:
        raise BrokenFileError(
            f"{name}: has more than the {MOST_PIXELS:,} pixels that are decoded; cut it into parts"
        ) from error
    except Exception:  # of a damaged file
        return
    refuse_large(name, width, height)


def is_image(name: str) -> bool:
    return Path(name).suffix.lower() in IMAGE_SUFFIXES
