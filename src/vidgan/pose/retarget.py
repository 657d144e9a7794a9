"""One body's movement where another stands, as large as it and of its proportions.

Own design. Moments of the two in which the pose is alike tell how much larger one is than the other and where it
stands, as a bone that points at the camera is short in both; MimicMotion (Zhang et al. 2024) fits a line through all
frames, whose slope shrinks as the body moves, and Everybody Dance Now (Chan et al. 2019) maps ranges of heights, which
a jump is part of. One scale and one shift go for all frames, so that jumps, and steps towards the camera, stay.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidgan.errors import UserError
from vidgan.pose.feet import in_the_air
from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import OPENPOSE_18

_Numbers = NDArray[np.float64]
_MOST, _PAIRS = 64, 50_000  # poses of the target that are compared, and pairs of poses
_SHARED = 5  # key points that two poses have in common at least
_OTHERWISE = 3.0  # times as far: a pose in the air from one on the ground
_KEPT = 4  # one of so many of the moments is used, the most alike
_NOISE = 0.05  # of the logarithm of a ratio, by which key points err
_LARGEST = np.log(1.7)  # of the logarithm of a ratio of bones: proportions of persons do not differ more

_JOINT = OPENPOSE_18.index
_HIPS = [_JOINT("right_hip"), _JOINT("left_hip")]
_LEG = (("hip", "knee"), ("knee", "ankle"))
_LEGS = [(_JOINT(f"{side}_{a}"), _JOINT(f"{side}_{b}")) for side in ("right", "left") for a, b in _LEG]
_FACE = ["right_eye", "left_eye", "right_ear", "left_ear"]
#: What is set to the other's length, from the hips outwards; those of both sides, and of the face, by one ratio.
_CHAINS: list[list[tuple[str, str]]] = [
    [("hips", "neck")],
    [("neck", f"{side}_shoulder") for side in ("right", "left")],
    [(f"{side}_shoulder", f"{side}_elbow") for side in ("right", "left")],
    [(f"{side}_elbow", f"{side}_wrist") for side in ("right", "left")],
    [("neck", "nose")],
    [("nose", part) for part in _FACE],
]


@dataclass(frozen=True)
class Retargeting:
    """From one body to another.

    Attributes:
        scale: from one's pixels to the other's.
        shift: (2,), added to scaled places.
        ratios: of each of ``_CHAINS``, by which a bone is longer then.
    """

    scale: float
    shift: _Numbers
    ratios: tuple[float, ...]

    @classmethod
    def between(cls, moves: Points, target: Points) -> "Retargeting":
        """
        Args:
            moves: (T, 18, 2) of OpenPose-18, the movement, missing ones NaN.
            target: (N, 18, 2), poses of the body that is to move so; one will do.

        Raises:
            UserError: the two never have enough key points in common.
        """
        some = slice(None, None, -(-len(target) // _MOST))
        many = slice(None, None, -(-len(moves) * len(target[some]) // _PAIRS))
        one, other = moves[many, :, :2].astype(np.float64), target[some, :, :2].astype(np.float64)
        scales, apart = _compared(one, other)
        alike = in_the_air(target)[some, None] == in_the_air(moves)[None, many]
        apart = apart * np.where(alike, 1.0, _OTHERWISE)
        nearest = apart.argmin(1)
        costs = apart[np.arange(len(other)), nearest]
        if not np.isfinite(costs).any():
            raise UserError(
                f"No pose has {_SHARED} key points in common with the other's; both have to show the same parts of the "
                "body for one's size to be matched to the other's."
            )
        best = np.argsort(costs, kind="stable")[: max(1, int(np.isfinite(costs).sum()) // _KEPT)]
        here, there = one[nearest[best]], other[best]
        scale = float(np.median(scales[best, nearest[best]]))
        scale *= _ratio([(here[:, a] - here[:, b], there[:, a] - there[:, b]) for a, b in _LEGS], scale)
        feet = _lowest(here, there)
        shift = np.nanmedian(np.where(np.isfinite(feet), there - scale * here, np.nan), axis=(0, 1))
        ratios = []
        for chain in _CHAINS:
            ends = [(_place(here, a) - _place(here, b), _place(there, a) - _place(there, b)) for a, b in chain]
            ratios.append(_ratio(ends, scale))
        return cls(scale, shift, tuple(ratios))

    def __call__(self, moves: Points) -> Points:
        """Key points (T, 18, 2 or more); all beyond the two numbers of a place stay."""
        points = moves.astype(np.float64)
        points[..., :2] = self.scale * points[..., :2] + self.shift
        before = points[..., :2].copy()
        moved = {"hips": np.zeros((len(points), 2))}
        for chain, ratio in zip(_CHAINS, self.ratios, strict=True):
            for start, stop in chain:
                bone = _place(before, stop) - _place(before, start)
                longer = np.where(np.isfinite(bone), (ratio - 1) * bone, 0.0)
                moved[stop] = moved[start] + longer
                points[:, _JOINT(stop), :2] += moved[stop]
        return points.astype(np.float32)


def _compared(one: _Numbers, other: _Numbers) -> tuple[_Numbers, _Numbers]:
    """For all poses of (N, 18, 2) and (T, 18, 2) the scale from the latter, and how unlike the two are, (N, T) each.

    The distance left by the best scale and shift, in sizes of the former; infinite where too little is shared.
    """
    shared = np.isfinite(other[:, None] + one[None]).all(-1, keepdims=True)
    count = shared.sum(2, keepdims=True).clip(min=1)
    centred = []
    for points in (other[:, None], one[None]):
        kept = np.where(shared, points, 0.0)
        centred.append(np.where(shared, kept - kept.sum(2, keepdims=True) / count, 0.0))
    both, own, size = (
        (a * b).sum((2, 3)) for a, b in ((centred[0], centred[1]), (centred[1], centred[1]), (centred[0], centred[0]))
    )
    scales = both / own.clip(min=1e-6)
    left = np.sqrt((size - scales * both).clip(min=0) / size.clip(min=1e-6))
    return scales, np.where((shared.sum((2, 3)) >= _SHARED) & (scales > 0), left, np.inf)


def _ratio(bones: list[tuple[_Numbers, _Numbers]], scale: float) -> float:
    """How much longer bones (N, 2) of the second are than scaled ones of the first; 1 within what key points err by."""
    logs = []
    for here, there in bones:
        first, second = scale * np.hypot(*here.T), np.hypot(*there.T)
        told = np.isfinite(first + second) & (np.minimum(first, second) > 0)
        logs.append(np.log(second[told] / first[told]))
    found = np.concatenate(logs)
    if not len(found):
        return 1.0
    middle = float(np.clip(np.median(found), -_LARGEST, _LARGEST))
    return float(np.exp(middle)) if abs(middle) > _NOISE else 1.0


def _place(points: _Numbers, joint: str) -> _Numbers:
    """(N, 2) of poses (N, 18, 2)."""
    return points[:, _HIPS].mean(1) if joint == "hips" else points[:, _JOINT(joint)]


def _lowest(here: _Numbers, there: _Numbers) -> _Numbers:
    """(N, 18, 1): NaN but for the key point that is lowest in both poses together: a foot that stands."""
    heights = here[..., 1] + there[..., 1]
    low = np.where(np.isnan(heights), -np.inf, heights).argmax(1)
    return np.where(np.arange(here.shape[1])[None] == low[:, None], 0.0, np.nan)[..., None]
