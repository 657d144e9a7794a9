"""What finds people in pictures."""

from abc import ABC, abstractmethod
from typing import ClassVar

from vidgan.errors import UserError
from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import Skeleton
from vidgan.video.reader import Frames


class PoseEstimator(ABC):
    """Finds the people of a video, given its frames in order; it may follow them from frame to frame.

    Attributes:
        skeleton: what the key points are.
    """

    skeleton: ClassVar[Skeleton]

    @abstractmethod
    def __call__(self, frame: Frames) -> Points:
        """The key points of the people in the next frame.

        Args:
            frame: (H, W, 3) uint8 RGB.

        Returns:
            (N, K, 3) float32 as (x, y, confidence); N is 0 where nobody is found, and the order is arbitrary.
        """


def refuse_other_model(points: Points, skeleton: Skeleton, key: str) -> None:
    """
    Args:
        points: what a model of the user's own finds; (N, K, 3) is expected.
        skeleton: what the K key points must be.
        key: the option that names the model.

    Raises:
        UserError: it makes something else, which would be drawn wrong.
    """
    if points.shape[1:] != (len(skeleton), 3):
        made = " x ".join(map(str, points.shape[1:]))
        raise UserError(
            f"{key}: this model makes {made} numbers a person; {len(skeleton)} key points ({skeleton.name}) as "
            "(x, y, confidence) are expected."
        )


def missing_package(package: str, remedy: str) -> UserError:
    """The error of an estimator whose package is not installed."""
    return UserError(f"This pose estimator needs the package {package}, which is not installed; {remedy}.")
