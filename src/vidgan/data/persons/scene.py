"""The scene behind a filmed person, of what a film from a camera that stands still shows of it in its frames."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vidgan.data.persons.framing import Framing, Points
from vidgan.ops.propagation import smooth_fill
from vidgan.pose.silhouette import silhouettes

#: Frames that are looked at, evenly spread over a film: enough for a median, and few enough to be held.
MOST_FRAMES = 96
_LEAST_SEEN = 3  # times that a place is seen: the median of fewer may be somebody's elbow
_STEADY = 3.0  # mean difference from the scene, of 255, above which the camera moves; noise and codecs make 1 to 2
_AROUND = 5  # pixels, over which differences are averaged
_ROWS = 32  # of the picture at once, as floats


@dataclass(frozen=True)
class Scene:
    """What is behind a person, from a camera that stands still.

    Attributes:
        picture: (h, w, 3) uint8 RGB; what was never seen is made up from around it.
        known: (h, w), where it was seen.
        step: pixels of the film's frames in one of the picture; the two begin at the same corner.
        unsteadiness: mean difference between the film and the picture, outside of the person, in values of 255.
    """

    picture: NDArray[np.uint8]
    known: NDArray[np.bool_]
    step: float
    unsteadiness: float

    @classmethod
    def behind(cls, frames: Iterable[NDArray[np.uint8]], points: Points, step: float) -> "Scene":
        """The median of each place over the frames in which the person is not there.

        Args:
            frames: T frames (H, W, 3) of a film.
            points: (T, 18, 2), the person's key points in them.
            step: see above, 1 or more.
        """
        small = np.stack([_smaller(frame, step) for frame in frames])
        height, width = small.shape[1:3]
        persons = silhouettes((points + 0.5) / step - 0.5, height, width)
        median = np.concatenate(
            [_median(small[:, top : top + _ROWS], persons[:, top : top + _ROWS]) for top in range(0, height, _ROWS)]
        )
        known = (~persons).sum(0) >= min(_LEAST_SEEN, len(small))
        outside = ~persons & known
        apart = np.mean([_difference(frame, median, out) for frame, out in zip(small, outside, strict=True)])
        return cls(_filled(median, known), known, step, float(apart))

    @property
    def is_steady(self) -> bool:
        """Whether the camera stood still; otherwise the picture is a blur of all that it saw."""
        return self.unsteadiness <= _STEADY

    def shown(self, framing: Framing) -> NDArray[np.uint8]:
        """The scene in a framing of the film's frames, (H, W, 3)."""
        return self._place(framing).frame(self.picture)

    def known_share(self, framing: Framing) -> float:
        """How much of a framing was seen."""
        known = np.repeat(self.known[..., None].astype(np.uint8) * 255, 3, axis=2)
        return float(self._place(framing).frame(known).mean() / 255)

    def is_behind(self, picture: NDArray[np.uint8], points: Points) -> bool:
        """Whether a picture (H, W, 3) of a person, of key points (18, 2), may be one of the film's frames."""
        small = _smaller(picture, self.step)
        if small.shape != self.picture.shape:
            return False
        person = silhouettes((points[None] + 0.5) / self.step - 0.5, *small.shape[:2])[0]
        outside = self.known & ~person
        return bool(outside.any()) and _difference(small, self.picture, outside) <= _STEADY

    def _place(self, framing: Framing) -> Framing:
        """The same rectangle in the pixels of the picture."""
        left, top = ((place + 0.5) / self.step - 0.5 for place in (framing.left, framing.top))
        return replace(framing, left=left, top=top, step=framing.step / self.step)


def _smaller(frame: NDArray[np.uint8], step: float) -> NDArray[np.uint8]:
    size = max(1, round(frame.shape[1] / step)), max(1, round(frame.shape[0] / step))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def _median(frames: NDArray[np.uint8], persons: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w, 3), 0 where the person is in all frames (T, h, w, 3)."""
    seen = torch.from_numpy(frames.astype(np.float32)).masked_fill(torch.from_numpy(persons)[..., None], torch.nan)
    return np.asarray(seen.nanmedian(0).values.nan_to_num().numpy())


def _difference(one: NDArray[Any], other: NDArray[Any], where: NDArray[np.bool_]) -> float:
    """Mean size of the difference between two pictures, each pixel averaged with those around it: noise is none."""
    apart = np.where(where[..., None], one.astype(np.float32) - other, 0)
    return float(np.abs(cv2.blur(apart, (_AROUND, _AROUND))[where]).mean())


def _filled(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    values = torch.from_numpy(picture).permute(2, 0, 1)[None]
    filled = smooth_fill(values, torch.from_numpy(known).float()[None, None])[0].permute(1, 2, 0)
    return np.asarray(filled.round().byte().numpy())
