"""An estimator for tests: every bright rectangle is a person, its key points spread over it."""

import cv2
import numpy as np

from vidgan.pose.estimators.base import PoseEstimator
from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import COCO_17
from vidgan.video.reader import Frames


class Boxes(PoseEstimator):
    skeleton = COCO_17

    def __call__(self, frame: Frames) -> Points:
        _, _, boxes, _ = cv2.connectedComponentsWithStats((frame.mean(-1) > 128).astype(np.uint8))
        people = [np.concatenate([_spread(*box[:4]), np.full((17, 1), 0.9)], axis=1) for box in boxes[1:]]
        return np.array(people, np.float32).reshape(-1, 17, 3)


def _spread(left: int, top: int, width: int, height: int) -> Points:
    steps = np.linspace(0, 1, 17)
    return np.stack([left + steps * (width - 1), top + steps * (height - 1)], axis=1)


def boxes(frames: int, *people: tuple[int, int, int, int], size: tuple[int, int] = (96, 128)) -> Frames:
    """(T, H, W, 3) black frames with a white rectangle (left, top, width, height) a person, moving right by 1 px."""
    made = np.zeros((frames, *size, 3), np.uint8)
    for number, frame in enumerate(made):
        for left, top, width, height in people:
            frame[top : top + height, left + number : left + number + width] = 255
    return made
