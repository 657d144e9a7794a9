"""Motions by formula: joint angles that swing, and the skeleton they move.

Body coordinates are in body heights: x to the person's left, y up, z forward.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The points of a body: OpenPose's 18, in its order, then the centre of the head and the middle of the hips.
NECK, HEAD, MID_HIP, POINTS = 1, 18, 19, 20
_SHOULDERS, _HIPS, _EYES, _EARS = (2, 5), (8, 11), (14, 15), (16, 17)  # right, left

#: The joint angles in radians: of the right and of the left side, then how far the trunk leans forward. Flexion lifts a
#: limb forward, abduction sideways; knees bend back, elbows forward.
HIP, SPREAD, KNEE, SHOULDER, RAISE, ELBOW = range(0, 12, 2)
LEAN, ANGLES = 12, 13

# Where an angle rests, how far it swings, and where in the cycle (in turns); of the right side, then of the left.
_Swing = tuple[float, float, float]
_KINDS: dict[str, dict[int, tuple[_Swing, _Swing]]] = {
    "walk": {
        HIP: ((0.05, 0.45, 0.0), (0.05, 0.45, 0.5)),
        KNEE: ((0.4, 0.4, 0.2), (0.4, 0.4, 0.7)),
        SHOULDER: ((0.0, 0.5, 0.5), (0.0, 0.5, 0.0)),
        RAISE: ((0.12, 0.0, 0.0), (0.12, 0.0, 0.0)),
        ELBOW: ((0.4, 0.2, 0.5), (0.4, 0.2, 0.0)),
    },
    "run": {
        HIP: ((0.2, 0.8, 0.0), (0.2, 0.8, 0.5)),
        KNEE: ((0.9, 0.8, 0.2), (0.9, 0.8, 0.7)),
        SHOULDER: ((-0.1, 0.8, 0.5), (-0.1, 0.8, 0.0)),
        RAISE: ((0.15, 0.0, 0.0), (0.15, 0.0, 0.0)),
        ELBOW: ((1.6, 0.2, 0.5), (1.6, 0.2, 0.0)),
    },
    "jacks": {
        SPREAD: ((0.2, 0.2, 0.0), (0.2, 0.2, 0.0)),
        RAISE: ((1.4, 1.2, 0.0), (1.4, 1.2, 0.0)),
        ELBOW: ((0.2, 0.1, 0.0), (0.2, 0.1, 0.0)),
    },
    "squat": {
        HIP: ((0.7, 0.7, 0.0), (0.7, 0.7, 0.0)),
        KNEE: ((0.8, 0.8, 0.0), (0.8, 0.8, 0.0)),
        SPREAD: ((0.15, 0.0, 0.0), (0.15, 0.0, 0.0)),
        SHOULDER: ((0.8, 0.7, 0.0), (0.8, 0.7, 0.0)),
    },
    "punch": {
        HIP: ((-0.3, 0.1, 0.0), (0.4, 0.1, 0.0)),
        KNEE: ((0.3, 0.1, 0.0), (0.3, 0.1, 0.0)),
        SHOULDER: ((0.9, 0.6, 0.0), (0.9, 0.6, 0.5)),
        ELBOW: ((1.1, 0.9, 0.5), (1.1, 0.9, 0.0)),
    },
    "kick": {
        HIP: ((0.5, 0.9, 0.0), (-0.1, 0.1, 0.0)),
        KNEE: ((0.4, 0.4, 0.6), (0.1, 0.1, 0.0)),
        SHOULDER: ((0.2, 0.4, 0.5), (0.2, 0.6, 0.0)),
        RAISE: ((0.5, 0.2, 0.0), (0.5, 0.2, 0.0)),
        ELBOW: ((0.7, 0.2, 0.0), (0.7, 0.2, 0.0)),
    },
    "wave": {
        SPREAD: ((0.1, 0.05, 0.0), (0.1, 0.05, 0.5)),
        RAISE: ((2.0, 0.3, 0.0), (0.3, 0.2, 0.3)),
        ELBOW: ((0.8, 0.6, 0.2), (0.4, 0.3, 0.0)),
    },
}


@dataclass(frozen=True)
class Motion:
    """A cyclic motion: each angle is ``rest + swing sin(2 pi (phase + start))``.

    Attributes:
        kind: its name.
        rest, swing, start: (ANGLES,); radians, radians and turns.
    """

    kind: str
    rest: Floats
    swing: Floats
    start: Floats

    @staticmethod
    def draw(random: np.random.Generator) -> "Motion":
        """One of the kinds, mirrored half the time, its angles changed by up to a quarter and a tenth of a radian."""
        kind = sorted(_KINDS)[random.integers(len(_KINDS))]
        rest, swing, start = np.zeros((3, ANGLES))
        side = int(random.integers(2))
        for angle, sides in _KINDS[kind].items():
            for number, values in enumerate(sides):
                index = angle + (number ^ side)
                rest[index], swing[index], start[index] = values
        rest = rest * random.uniform(0.75, 1.25, ANGLES) + random.uniform(-0.12, 0.12, ANGLES)
        return Motion(kind, rest, swing * random.uniform(0.75, 1.25, ANGLES), start)

    def angles(self, phases: Floats) -> Floats:
        """(T,) phases in turns to (T, ANGLES) radians; knees and elbows do not bend the wrong way."""
        angles = self.rest + self.swing * np.sin(2 * np.pi * (phases[:, None] + self.start))
        for hinge in (KNEE, ELBOW):
            angles[:, hinge : hinge + 2] = angles[:, hinge : hinge + 2].clip(0, 2.5)
        return angles


def posed(angles: Floats) -> Floats:
    """The points of a body, (T, POINTS, 3), with these (T, ANGLES) angles; the middle of the hips is the origin."""
    points = np.zeros((len(angles), POINTS, 3))
    trunk = _flexion(-angles[:, LEAN])
    points[:, NECK] = trunk @ (0, 0.32, 0)
    points[:, HEAD] = trunk @ (0, 0.41, 0.01)
    points[:, 0] = trunk @ (0, 0.40, 0.06)
    for number, outward in enumerate((-1, 1)):
        points[:, _EYES[number]] = trunk @ (0.025 * outward, 0.42, 0.05)
        points[:, _EARS[number]] = trunk @ (0.05 * outward, 0.41, 0)
        hip, shoulder = _HIPS[number], _SHOULDERS[number]
        points[:, hip] = (0.065 * outward, 0, 0)
        thigh = _flexion(angles[:, HIP + number]) @ _abduction(outward * angles[:, SPREAD + number])
        points[:, hip + 1] = points[:, hip] + thigh @ (0, -0.24, 0)
        shank = thigh @ _flexion(-angles[:, KNEE + number])
        points[:, hip + 2] = points[:, hip + 1] + shank @ (0, -0.23, 0)
        points[:, shoulder] = trunk @ (0.11 * outward, 0.31, 0)
        arm = trunk @ _flexion(angles[:, SHOULDER + number]) @ _abduction(outward * angles[:, RAISE + number])
        points[:, shoulder + 1] = points[:, shoulder] + arm @ (0, -0.17, 0)
        forearm = arm @ _flexion(angles[:, ELBOW + number])
        points[:, shoulder + 2] = points[:, shoulder + 1] + forearm @ (0, -0.155, 0)
    return points


def turned(points: Floats, yaw: float | Floats) -> Floats:
    """Points (..., 3) as a viewer sees them: x right, y down, z nearer; at yaw 0 the person faces the viewer."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x * np.cos(yaw) + z * np.sin(yaw), -y, z * np.cos(yaw) - x * np.sin(yaw)], axis=-1)


def _flexion(angle: Floats) -> Floats:
    """(T, 3, 3) rotations about the x axis that swing what hangs down forward."""
    return _rotation(angle, up=1, forward=2)


def _abduction(angle: Floats) -> Floats:
    """(T, 3, 3) rotations about the z axis that swing what hangs down to the person's left."""
    return _rotation(angle, up=1, forward=0)


def _rotation(angle: Floats, up: int, forward: int) -> Floats:
    matrix = np.tile(np.eye(3), (len(angle), 1, 1))
    matrix[:, up, up] = matrix[:, forward, forward] = np.cos(angle)
    matrix[:, up, forward] = np.sin(angle)
    matrix[:, forward, up] = -np.sin(angle)
    return matrix
