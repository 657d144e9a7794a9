"""Bodies of known size, for tests."""

import numpy as np

from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import OPENPOSE_18

# Of a body of height 1 around the middle of its hips, seen from behind, y downwards (Drillis and Contini 1966).
_STANDING = {
    "nose": (0.0, -0.39),
    "neck": (0.0, -0.288),
    "shoulder": (0.10, -0.288),
    "elbow": (0.10, -0.102),
    "wrist": (0.10, 0.044),
    "hip": (0.05, 0.0),
    "knee": (0.05, 0.245),
    "ankle": (0.05, 0.491),
    "eye": (0.02, -0.41),
    "ear": (0.04, -0.40),
}


def standing(height: float) -> Points:
    """(18, 2) of OpenPose-18: a body of that height with hanging arms, the middle of its hips at (0, 0)."""
    places = []
    for joint in OPENPOSE_18.joints:
        side, _, part = joint.partition("_")
        x, y = _STANDING[part or side]
        places.append((-x if side == "left" else x, y))
    return (height * np.array(places)).astype(np.float32)
