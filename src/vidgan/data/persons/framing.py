"""The part of a video that a person moves in, as frames of a network's size."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vidgan.errors import UserError

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Framing:
    """A rectangle of a picture, which may reach beyond it, shown in another size.

    Attributes:
        left, top: of its first pixel, in the picture's pixels.
        step: pixels of the picture in one of the frame, in both directions.
        height, width: of the frame.
    """

    left: float
    top: float
    step: float
    height: int
    width: int

    @staticmethod
    def around(points: Points, height: int, width: int, margin: float = 0.12) -> "Framing":
        """The smallest rectangle of the frame's shape that holds key points (..., 2 or more) and a margin.

        Args:
            points: as (x, y) in pixels of the picture, missing ones NaN; one at least is there.
            height, width: of the frame.
            margin: on each side, in heights of the frame; hands, feet and hair are beyond the key points.

        Raises:
            UserError: the frame is narrower than its margins, or all key points are in one place.
        """
        low, high = (bound(points[..., :2].reshape(-1, 2), axis=0) for bound in (np.nanmin, np.nanmax))
        inner = np.array([width, height]) - 2 * margin * height
        if inner.min() <= 0:
            raise UserError(f"Frames of {width} x {height} pixels are too narrow; persons need a margin at each side.")
        step = float(((high - low) / inner).max())
        if step <= 0:
            raise UserError("All key points are in one place: a body is needed, not a point of it.")
        left, top = (low + high) / 2 - step * (np.array([width, height]) - 1) / 2
        return Framing(float(left), float(top), step, height, width)

    def resized(self, height: int, width: int) -> "Framing":
        """The same middle and height in frames of another size."""
        step = self.step * self.height / height
        left, top = (
            start + ((before - 1) * self.step - (now - 1) * step) / 2
            for start, before, now in ((self.left, self.width, width), (self.top, self.height, height))
        )
        return Framing(left, top, step, height, width)

    def zoomed(self, factor: float) -> "Framing":
        """A rectangle ``factor`` times as large, about the same middle, in frames of the same size."""
        larger = replace(self, step=self.step * factor)
        left = self.left - (larger.step - self.step) * (self.width - 1) / 2
        top = self.top - (larger.step - self.step) * (self.height - 1) / 2
        return replace(larger, left=left, top=top)

    def widened(self, points: Points) -> "Framing":
        """The same where it holds all key points (..., 2 or more); else one that holds it, them and their margin."""
        placed, last = self.points(points)[..., :2], np.array([self.width, self.height]) - 1
        if not ((placed < 0) | (placed > last)).any():  # false where missing
            return self
        corners = np.concatenate([self._corners, Framing.around(points, self.height, self.width)._corners])
        return Framing.around(corners.astype(np.float32), self.height, self.width, margin=0.0)

    @property
    def _corners(self) -> NDArray[np.float64]:
        """The centers of its first and its last pixel, (2, 2), in the picture's pixels."""
        first = np.array([self.left, self.top])
        return np.stack([first, first + self.step * (np.array([self.width, self.height]) - 1)])

    def frame(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The rectangle of an (H, W, 3) picture; what lies beyond repeats its border."""
        smoothing = max(1, round(self.step))  # as many samples in a pixel, averaged: warping alone would alias
        fine = self.step / smoothing
        offset = (fine - self.step) / 2  # of the first sample from the middle of its pixel
        to_picture = np.array([[fine, 0, self.left + offset], [0, fine, self.top + offset]])
        size = (self.width * smoothing, self.height * smoothing)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        sampled = cv2.warpAffine(picture, to_picture, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        small = cv2.resize(sampled, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

    def points(self, points: Points) -> Points:
        """Key points (..., 2 or more) of the picture as those of the frame."""
        placed = points.copy()
        placed[..., :2] = (points[..., :2] - np.array([self.left, self.top])) / self.step
        return placed.astype(np.float32)
