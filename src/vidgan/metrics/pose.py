"""Is the made person in the pose that was asked for? Asked of a pose estimator."""

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

_HEAD = [OPENPOSE_18.index(joint) for joint in ("nose", "neck", "right_eye", "left_eye", "right_ear", "left_ear")]


class _FoundPoints(Metric):
    """Share of the key points asked for, in per cent, that are found near enough; a subclass says what is near.

    What is not found is wrong, also where nobody is. Of several people the surest is scored.

    Args:
        estimator: makes a pose estimator; each clip gets a new one, which may follow the person.
        enlarge: the estimator, which is made for photographs, sees the frames so many times as large.
    """

    higher_is_better = True

    def __init__(self, estimator: Callable[[], PoseEstimator], enlarge: int = 1) -> None:
        self.make, self.enlarge = estimator, enlarge

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
            keypoints: (T, 18, 2) in pixels, OpenPose's order; missing ones NaN.

        Returns:
            Not a number where no key point counts.
        """
        estimator = self.make()
        near = [
            self.near(self._found(estimator, frame), wanted)
            for frame, wanted in zip(fake, keypoints.cpu().numpy(), strict=True)
        ]
        counted = np.concatenate(near)
        return 100 * float(counted.mean()) if len(counted) else float("nan")

    def near(self, found: NDArray[np.floating], wanted: NDArray[np.floating]) -> NDArray[np.bool_]:
        """One truth value for each point of ``wanted`` (K, 2) that counts; ``found`` (K, 2) has NaN for missing."""
        raise NotImplementedError

    def _found(self, estimator: PoseEstimator, frame: Tensor) -> NDArray[np.floating]:
        rgb = (frame.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        people = estimator(np.ascontiguousarray(rgb.repeat(self.enlarge, 0).repeat(self.enlarge, 1)))
        if not len(people):
            return np.full((len(OPENPOSE_18), 2), np.nan)
        surest = people[np.nan_to_num(people[..., 2]).mean(1).argmax()]
        return (convert(surest, estimator.skeleton, OPENPOSE_18)[:, :2] + 0.5) / self.enlarge - 0.5


class PCK(_FoundPoints):
    """Percentage of correct key points (Yang and Ramanan 2013).

    Near is within ``share`` of the longer side of the box around the pose that was asked for.
    """

    def __init__(self, estimator: Callable[[], PoseEstimator], enlarge: int = 1, share: float = 0.1) -> None:
        super().__init__(estimator, enlarge)
        self.share = share

    def near(self, found: NDArray[np.floating], wanted: NDArray[np.floating]) -> NDArray[np.bool_]:
        present = ~np.isnan(wanted).any(1)
        if not present.any():
            return np.zeros(0, bool)
        points = wanted[present]
        side = float((points.max(0) - points.min(0)).max())
        return np.hypot(*(found[present] - points).T) <= self.share * side  # false where it is missing


class PCKh(_FoundPoints):
    """Percentage of correct key points, by the head's size, as Zhu et al. 2019 (PATN) score pose transfer.

    The head is the box around nose, neck, eyes and ears; near is off by less than half of its width and half of its
    height. Frames with less than two points of a head do not count.
    """

    def near(self, found: NDArray[np.floating], wanted: NDArray[np.floating]) -> NDArray[np.bool_]:
        present = ~np.isnan(wanted[:, 0])
        head = wanted[_HEAD][present[_HEAD]]
        if len(head) < 2:
            return np.zeros(0, bool)
        limits = (head.max(0) - head.min(0)) / 2
        return (np.abs(found - wanted)[present] < limits).all(1)
