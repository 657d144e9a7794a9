"""One body's movement on another's stage, by bodies of known size and place."""

import numpy as np
import pytest

from tests.rounding import FLOAT32
from vidgan.errors import UserError
from vidgan.pose.retarget import PoseStatistics, pose_statistics, retargeted
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import COCO_17


def walker(height: float, ground: np.ndarray, x: float) -> KeypointSequence:
    """Nose and ankles of a person of that height whose feet are on ``ground`` (T,)."""
    points = np.full((len(ground), 1, 17, 3), np.nan, np.float32)
    for joint, share, aside in (("nose", 1, 0), ("left_ankle", 0, 5), ("right_ankle", 0, -5)):
        points[:, 0, COCO_17.index(joint)] = np.stack(
            [np.full(len(ground), x + aside), ground - share * height, np.ones(len(ground))], -1
        )
    return KeypointSequence(points, COCO_17)


def test_retargeting_moves_and_scales_to_the_other_body() -> None:
    ground = np.full(20, 200.0)
    child, adult = walker(50, ground, 40), walker(100, ground + 100, 120)
    moved = retargeted(child, pose_statistics(child), pose_statistics(adult))
    nose, left, right = (moved.points[:, 0, COCO_17.index(j), :2] for j in ("nose", "left_ankle", "right_ankle"))
    np.testing.assert_allclose(left[:, 1] - nose[:, 1], 100, rtol=FLOAT32)
    np.testing.assert_allclose(right[:, 1], 300, rtol=FLOAT32)
    np.testing.assert_allclose(left[:, 0] - right[:, 0], 20, rtol=FLOAT32)


def test_retargeting_follows_nearness() -> None:
    source, target = PoseStatistics(100, 200, 50, 100, 0), PoseStatistics(300, 340, 80, 120, 0)
    moved = retargeted(walker(75, np.array([100.0, 150.0, 200.0]), 0), source, target)
    feet = moved.points[:, 0, COCO_17.index("left_ankle"), 1]
    np.testing.assert_allclose(feet, [300, 320, 340], rtol=FLOAT32)
    heights = feet - moved.points[:, 0, COCO_17.index("nose"), 1]
    np.testing.assert_allclose(heights, 75 * np.array([80 / 50, 100 / 75, 120 / 100]), rtol=FLOAT32)
    with pytest.raises(UserError, match="never in the same frame"):
        pose_statistics(walker(75, np.array([np.nan]), 0))
    with pytest.raises(UserError, match="nose is never above"):
        pose_statistics(walker(-75, np.array([100.0]), 0))
