"""Is the made person in the pose that it was driven by? Asked of a pose estimator."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Metric
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.sequence import convert
from vidgan.pose.skeleton import OPENPOSE_18


class PCK(Metric):
    """Percentage of correct key points (Yang and Ramanan 2013): those found near where the driving pose has them.

    Near is within ``share`` of the longer side of the box around the driving pose. The key points that the driving pose
    has count, also where nobody is found; of several people the one that agrees best.

    Args:
        estimator: makes a pose estimator; each clip gets a new one, which may follow the person.
        share: of the box.
        enlarge: the estimator, which is made for photographs, sees the frames so many times as large.
    """

    higher_is_better = True

    def __init__(self, estimator: Callable[[], PoseEstimator], share: float = 0.1, enlarge: int = 4) -> None:
        self.make, self.share, self.enlarge = estimator, share, enlarge

    @cached_property
    def available(self) -> bool:
        """Whether the estimator's package and models are here."""
        try:
            self.make()
        except UserError:
            return False
        return True

    def __call__(self, fake: Tensor, keypoints: Tensor) -> float:
        """
        Args:
            fake: (T, 3, H, W) in [0, 1].
            keypoints: (T, 18, 2) in pixels, missing ones NaN.

        Raises:
            UserError: the driving poses have no key point.
        """
        estimator, right, total = self.make(), 0, 0
        for frame, wanted in zip(fake, keypoints.cpu().numpy(), strict=True):
            rgb = (frame.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
            found = estimator(np.ascontiguousarray(rgb.repeat(self.enlarge, 0).repeat(self.enlarge, 1)))
            people = convert(found, estimator.skeleton, OPENPOSE_18)[..., :2]
            places = (people + 0.5) / self.enlarge - 0.5
            right += max((correct(person, wanted, self.share) for person in places), default=0)
            total += int(np.isfinite(wanted).all(-1).sum())
        if not total:
            raise UserError("PCK needs driving poses, and no key point of this clip's is there; remove the clip")
        return 100 * right / total


def correct(found: NDArray[np.floating], wanted: NDArray[np.floating], share: float) -> int:
    """How many key points (K, 2) are found within ``share`` of the longer side of the box around those wanted."""
    if np.isnan(wanted).all():
        return 0
    side = float((np.nanmax(wanted, axis=0) - np.nanmin(wanted, axis=0)).max())
    return int((np.hypot(*(found - wanted).T) <= share * side).sum())  # false where either is missing
