"""PCKh by hand: half of the head's box decides."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from vidgan.metrics.pckh import PCKh
from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.skeleton import OPENPOSE_18

HEAD = {0: (30, 10), 1: (30, 20), 14: (28, 8), 15: (32, 8), 16: (25, 9), 17: (35, 9)}  # 10 wide, 12 high


class Told(PoseEstimator):
    """Finds what it was told to, frame by frame."""

    skeleton = OPENPOSE_18

    def __init__(self, *frames: list[NDArray[np.float32]]) -> None:
        self.frames = list(frames)

    def __call__(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert frame.shape == (64, 48, 3)
        people = self.frames.pop(0)
        return np.stack(people) if people else np.zeros((0, 18, 3), np.float32)


def person(confidence: float = 1.0, **moved: tuple[float, float]) -> NDArray[np.float32]:
    points = np.full((18, 3), np.nan, np.float32)
    for index, place in {**HEAD, 4: (10, 40), 7: (50, 40)}.items():
        points[index] = (*place, confidence)
    for index, (dx, dy) in moved.items():
        points[int(index[1:]), :2] += (dx, dy)
    return points


def score(wanted: NDArray[np.float32], *frames: list[NDArray[np.float32]]) -> float:
    keypoints = torch.from_numpy(np.stack([wanted[:, :2]] * len(frames)))
    return PCKh(Told(*frames))(torch.rand(len(frames), 3, 64, 48), keypoints)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (person(), 8),
        (person(p4=(4.9, 0), p7=(0, 5.9)), 8),
        (person(p4=(5.1, 0)), 7),
        (person(p7=(0, -6.1)), 7),
        (person(p4=(np.nan, np.nan)), 7),
    ],
)
def test_half_of_the_heads_width_and_height_decide(found: NDArray[np.float32], right: int) -> None:
    assert score(person(), [found]) == pytest.approx(100 * right / 8)


def test_the_surest_person_counts_and_nobody_is_wrong() -> None:
    assert score(person(), [person(0.4), person(0.9, p4=(9, 9))]) == pytest.approx(100 * 7 / 8)
    assert score(person(), [person()], []) == 50


def test_without_a_head_nothing_counts() -> None:
    headless = person()
    headless[[0, 1, 14, 15, 16]] = np.nan
    assert math.isnan(score(headless, [person()]))
