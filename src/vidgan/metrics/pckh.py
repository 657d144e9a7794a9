"""Is the person in the pose that was asked for, in the eyes of a pose estimator?"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vidgan.metrics.base import Metric
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.sequence import convert
from vidgan.pose.skeleton import OPENPOSE_18

_HEAD = [OPENPOSE_18.index(joint) for joint in ("nose", "neck", "right_eye", "left_eye", "right_ear", "left_ear")]


class PCKh(Metric):
    """Share of the target's key points, in per cent, that the estimator finds within half a head of where they belong.

    As Zhu et al. 2019 (PATN) score pose transfer: the head is the box around nose, neck, eyes and ears, and a point is
    right that is off by less than half of its width and half of its height. What is not found is wrong. Frames with
    less than two points of a head do not count; a clip of such frames is not a number.

    Args:
        estimator: the person it is surest of is scored.
    """

    higher_is_better = True

    def __init__(self, estimator: PoseEstimator) -> None:
        self.estimator = estimator

    def __call__(self, fake: Tensor, keypoints: Tensor) -> float:
        """
        Args:
            fake: (T, 3, H, W) in [0, 1].
            keypoints: (T, 18, 2) in pixels, OpenPose's order; missing ones NaN.
        """
        right = [
            within_half_a_head(self._found(frame), wanted)
            for frame, wanted in zip(fake, keypoints.cpu().numpy(), strict=True)
        ]
        counted = np.concatenate(right)
        return 100 * float(counted.mean()) if len(counted) else float("nan")

    def _found(self, frame: Tensor) -> NDArray[np.float32]:
        """(18, 2), NaN where nobody or nothing is found."""
        people = self.estimator((frame.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy())
        if not len(people):
            return np.full((len(OPENPOSE_18), 2), np.nan, np.float32)
        surest = people[np.nan_to_num(people[..., 2]).mean(1).argmax()]
        return convert(surest, self.estimator.skeleton, OPENPOSE_18)[:, :2]


def within_half_a_head(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> NDArray[np.bool_]:
    """One truth value for each point of ``wanted`` (K, 2) that is there; none where its head is unknown."""
    present = ~np.isnan(wanted[:, 0])
    head = wanted[_HEAD][present[_HEAD]]
    if len(head) < 2:
        return np.zeros(0, bool)
    limits = (head.max(0) - head.min(0)) / 2
    return (np.abs(found - wanted)[present] < limits).all(1)
