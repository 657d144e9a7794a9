"""An estimator for tests that finds one person of given key points in every frame."""

import numpy as np

from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.video.reader import Frames


class Recorded(PoseEstimator):
    """
    Args:
        points: 18 pairs of x and y.
    """

    skeleton = OPENPOSE_18

    def __init__(self, points: list[list[float]]) -> None:
        self.points = np.array(points, np.float32)

    def __call__(self, frame: Frames) -> Points:
        return np.concatenate([self.points, np.ones((18, 1), np.float32)], axis=1)[None]
