"""What files of key points say beside them: in which unit, and how many frames a second."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vidgan.errors import UserError
from vidgan.pose.sequence import KeypointSequence, Points

_RATE = "fps"  # in JSON: two whole numbers, as 30000 / 1001 is no decimal fraction


def in_pixels(points: Points, size: tuple[int, int] | None, path: Path) -> Points:
    """Key points (T, P, K, 3) in pixels: shares of the frame's width and height are made so.

    Raises:
        UserError: they are shares, and the size is not known.
    """
    places = points[..., :2][np.isfinite(points[..., 0])]
    if not len(places) or np.abs(places).max() > 1 or (places == places.round()).all():
        return points
    if size is None:
        raise UserError(
            f"{path}: its coordinates are shares of the frame, between 0 and 1, and the frame's size is not told; "
            "write them in pixels."
        )
    if places.min() < 0:
        raise UserError(f"{path}: its coordinates are between -1 and 1; write them in pixels.")
    scaled = points.copy()
    scaled[..., :2] = points[..., :2] * np.array(size, np.float32) - 0.5
    return scaled


def rate(sequence: KeypointSequence) -> dict[str, list[int]]:
    """The entry of a JSON file that tells frames a second; none where they are not known."""
    return {} if sequence.fps is None else {_RATE: list(sequence.fps.as_integer_ratio())}


def rate_of(content: Any, path: Path) -> Fraction | None:
    """What :func:`rate` has written.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(content, dict) or _RATE not in content:
        return None
    try:
        numerator, denominator = map(int, content[_RATE])
        if numerator <= 0 or denominator <= 0:
            raise ValueError
        return Fraction(numerator, denominator)
    except (ValueError, TypeError, ZeroDivisionError) as error:
        raise UserError(f"{path}: {_RATE} is {content[_RATE]}; two whole numbers above 0 are expected.") from error
