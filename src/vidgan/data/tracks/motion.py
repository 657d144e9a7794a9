"""Clean key points of persons that move by formula: what a perfect estimator would find."""

import numpy as np

from vidgan.data.persons.gait import Floats, Motion, posed, turned

HEIGHT = 200.0  # pixels of a person
FPS = 30
KEYPOINTS = 18  # of posed points, OpenPose's
_SPEEDS = {"run": (1.1, 1.6), "walk": (0.7, 1.1)}  # cycles a second
_OTHER_SPEEDS = (0.35, 0.9)
_STRIDES = {"run": 1.2, "walk": 0.7}  # body heights a second


def moving(random: np.random.Generator, frames: int) -> Floats:
    """One person that goes from one motion into another, while it turns, speeds up and slows down.

    Args:
        random: everything drawn follows from it.
        frames: T, at ``FPS`` a second.

    Returns:
        (T, 18, 2) as (x, y) in pixels, in OpenPose's order; the person is ``HEIGHT`` tall and starts at the origin.
    """
    time = np.arange(frames) / FPS
    before, after = Motion.draw(random), Motion.draw(random)
    change = np.clip((time - random.uniform(-1, frames / FPS)) / random.uniform(0.5, 1.2), 0, 1)
    share = (change**2 * (3 - 2 * change))[:, None]
    rhythm = _modulated(random, time)
    angles = (1 - share) * before.angles(_phases(random, before, rhythm)) + share * after.angles(
        _phases(random, after, rhythm)
    )
    yaw = random.uniform(0, 2 * np.pi) + np.cumsum(random.uniform(-0.8, 0.8) * _modulated(random, time)) / FPS
    points = turned(posed(angles), yaw[:, None])[:, :KEYPOINTS]
    points[..., 1] -= points[..., 1].max(1, keepdims=True)  # the lower foot is on the ground
    stride = (1 - share[:, 0]) * _STRIDES.get(before.kind, 0.0) + share[:, 0] * _STRIDES.get(after.kind, 0.0)
    points[..., 0] += np.cumsum(stride * rhythm * np.sin(yaw) / FPS)[:, None]
    return HEIGHT * points[..., :2]


def _phases(random: np.random.Generator, motion: Motion, rhythm: Floats) -> Floats:
    """(T,) turns of the motion's cycle."""
    return random.uniform() + np.cumsum(random.uniform(*_SPEEDS.get(motion.kind, _OTHER_SPEEDS)) * rhythm) / FPS


def _modulated(random: np.random.Generator, time: Floats) -> Floats:
    """(T,) about 1: a speed that changes slowly by up to a third."""
    return 1 + random.uniform(0, 1 / 3) * np.sin(2 * np.pi * (random.uniform(0.1, 0.4) * time + random.uniform()))
