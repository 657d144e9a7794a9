"""Filters over time for what estimators find: jitter, outliers, short gaps.

Missing key points stay missing; inside, gaps are bridged so that they do not spread. Confidences stay as they are.
"""

from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import savgol_filter

from vidgan.errors import UserError
from vidgan.pose.sequence import KeypointSequence, Points
from vidgan.pose.skeleton import Skeleton

_FPS = 25.0  # where a sequence does not know its own
Trajectories = NDArray[np.float64]
#: Parts of names of key points that estimators take for those of the other side together.
_SWAPPED_TOGETHER = (
    {"shoulder", "elbow", "wrist", "pinky", "index", "thumb"},
    {"hip", "knee", "ankle", "heel", "foot", "big", "small"},
    {"eye", "ear", "mouth"},
)
_SWAP = 0.02  # sizes of the body that the two sides have to be saved of movement for each swapped frame


class Smoother:
    """Smooths coordinates over time; a subclass writes :meth:`filter`.

    Attributes:
        skeleton: what it makes; None keeps what it is given.
    """

    skeleton: ClassVar[Skeleton | None] = None

    def __call__(self, sequence: KeypointSequence) -> KeypointSequence:
        if not sequence.present.any():
            return sequence
        points = sequence.points.copy()
        tracks = bridged(points[..., :2].reshape(len(points), -1).astype(np.float64))
        known = ~np.isnan(tracks[0])
        tracks[:, known] = self.filter(tracks[:, known], float(sequence.fps or _FPS), body_size(points))
        points[..., :2] = np.where(sequence.present[..., None], tracks.reshape(points[..., :2].shape), np.nan)
        return sequence.with_points(points)

    def filter(self, tracks: Trajectories, fps: float, size: float) -> Trajectories:
        """Smooths coordinates.

        Args:
            tracks: (T, N) in pixels, without gaps.
            fps: frames a second.
            size: of the body in pixels, see :func:`body_size`.
        """
        raise NotImplementedError


class Unsmoothed(Smoother):
    """The sequence as it is."""

    def filter(self, tracks: Trajectories, fps: float, size: float) -> Trajectories:
        return tracks


class MedianGaussian(Smoother):
    """A running median, which removes outliers, then a Gaussian, which removes jitter.

    Args:
        window: of the median, in frames; odd.
        sigma: standard deviation of the Gaussian, in frames.

    Raises:
        UserError: a setting is out of its range.
    """

    def __init__(self, window: int = 5, sigma: float = 1.0) -> None:
        self.window, self.sigma = _odd(window), _positive("sigma", sigma)

    def filter(self, tracks: Trajectories, fps: float, size: float) -> Trajectories:
        return gaussian_filter1d(
            median_filter(tracks, (self.window, 1), mode="nearest"), self.sigma, axis=0, mode="nearest"
        )


class SavitzkyGolay(Smoother):
    """Least-squares polynomials in a running window (Savitzky and Golay 1964).

    Args:
        window: in frames; odd. A clip that is shorter is its own window.
        order: of the polynomials.

    Raises:
        UserError: a setting is out of its range.
    """

    def __init__(self, window: int = 9, order: int = 3) -> None:
        self.window, self.order = _odd(window), order
        if not 0 <= order < window:
            raise UserError(f"smoother.order={order} must be at least 0 and less than smoother.window={window}.")

    def filter(self, tracks: Trajectories, fps: float, size: float) -> Trajectories:
        window = min(self.window, len(tracks) - 1 + len(tracks) % 2)
        return savgol_filter(tracks, window, min(self.order, window - 1), axis=0)


class OneEuro(Smoother):
    """A low-pass filter that follows fast movement more closely; it looks at no later frame (Casiez et al. 2012).

    Speeds are in sizes of the body a second, so that the settings hold for any resolution.

    Args:
        min_cutoff: cutoff frequency at rest, in Hz; lower removes more jitter.
        beta: how much the cutoff rises with the speed; higher lags less.
        derivative_cutoff: cutoff frequency of the speed, in Hz.

    Raises:
        UserError: a setting is not positive; ``beta`` may be 0.
    """

    def __init__(self, min_cutoff: float = 1.5, beta: float = 6.0, derivative_cutoff: float = 1.0) -> None:
        if beta < 0:
            raise UserError(f"smoother.beta={beta} must not be negative.")
        self.min_cutoff, self.beta = _positive("min_cutoff", min_cutoff), beta
        self.derivative_cutoff = _positive("derivative_cutoff", derivative_cutoff)

    def filter(self, tracks: Trajectories, fps: float, size: float) -> Trajectories:
        smooth = tracks.copy()
        speed = np.zeros(tracks.shape[1])
        keep = _share(self.derivative_cutoff, fps)
        for frame in range(1, len(tracks)):
            speed += keep * ((tracks[frame] - smooth[frame - 1]) * fps / size - speed)
            step = _share(self.min_cutoff + self.beta * np.abs(speed), fps)
            smooth[frame] = smooth[frame - 1] + step * (tracks[frame] - smooth[frame - 1])
        return smooth


def bridged(tracks: Trajectories) -> Trajectories:
    """Those (T, N) whose gaps are filled by straight lines, at the ends by the nearest value; all NaN stays NaN."""
    filled = tracks.copy()
    frames = np.arange(len(tracks))
    for track in filled.T:
        there = ~np.isnan(track)
        if there.any() and not there.all():
            track[:] = np.interp(frames, frames[there], track[there])
    return filled


def fill_gaps(sequence: KeypointSequence, longest: int) -> KeypointSequence:
    """Fills gaps inside of a track of up to ``longest`` frames by straight lines, confidences too.

    What is missing before a key point is first seen, after it is last seen, or for longer, stays missing.
    """
    if not sequence.present.any():
        return sequence
    points = sequence.points.copy()
    flat = points.reshape(len(points), -1, 3)
    there = sequence.present.reshape(len(points), -1)
    filled = bridged(flat.reshape(len(points), -1).astype(np.float64)).reshape(flat.shape)
    for number in range(flat.shape[1]):
        seen = np.flatnonzero(there[:, number])
        for last, following in pairwise(seen):
            if 1 < following - last <= longest + 1:
                flat[last:following, number] = filled[last:following, number]
    return sequence.with_points(points)


def unswapped(sequence: KeypointSequence) -> KeypointSequence:
    """The sequence without brief swaps of left and right, of arms, legs and face each by itself.

    Of all ways to swap frames it is the one in which key points move least (Viterbi 1967); each swapped frame costs a
    little, so that a person who turns around, or is seen from the side, stays as found.
    """
    points, size, names = sequence.points.copy(), body_size(sequence.points), sequence.skeleton.joints
    for words in _SWAPPED_TOGETHER:
        left = [i for i, name in enumerate(names) if name.startswith("left_") and name.split("_")[1] in words]
        right = [sequence.skeleton.swap[i] for i in left]
        for person in range(points.shape[1]) if left and len(points) else ():
            pair = points[:, person][:, [left, right]]
            tracks = bridged(pair[..., :2].reshape(len(pair), -1).astype(np.float64))
            swapped = _swaps(tracks.reshape(*pair.shape[:3], 2), size)
            pair[swapped] = pair[swapped][:, ::-1]
            points[:, person, left], points[:, person, right] = pair[:, 0], pair[:, 1]
    return sequence.with_points(points)


def _swaps(pair: Trajectories, size: float) -> NDArray[np.bool_]:
    """Which of the frames of left and right key points (T, 2, K, 2) are swapped."""
    straight, crossed = (
        np.nansum(np.hypot(*np.moveaxis(pair[1:, sides] - pair[:-1], -1, 0)), axis=(1, 2)) / size / pair.shape[2]
        for sides in ([0, 1], [1, 0])
    )
    costs, came = np.array([0.0, _SWAP]), []
    for stay, change in zip(straight, crossed, strict=True):
        ways = costs[:, None] + np.array([[stay, change], [change, stay]])
        came.append(ways.argmin(0))
        costs = ways.min(0) + np.array([0.0, _SWAP])
    states = [int(costs.argmin())]
    for before in reversed(came):
        states.append(int(before[states[-1]]))
    return np.array(states[::-1], bool)


def body_size(points: Points) -> float:
    """The median diagonal of a person's bounding box, in pixels; 1 where nobody is to be seen.

    Args:
        points: (T, P, K, 2 or 3).
    """
    seen = points[~np.isnan(points[..., 0]).all(-1)][..., :2]
    if not len(seen):
        return 1.0
    extents = np.nanmax(seen, axis=-2) - np.nanmin(seen, axis=-2)
    return max(1.0, float(np.median(np.hypot(*extents.T))))


def _share(cutoff: float | NDArray[np.float64], fps: float) -> float | NDArray[np.float64]:
    """How much of a new value a low-pass filter of that cutoff takes (Casiez et al. 2012, eq. 5 and 6)."""
    rate = 2 * np.pi * cutoff / fps
    return rate / (rate + 1)


def _odd(window: int) -> int:
    if window < 1 or window % 2 == 0:
        raise UserError(f"smoother.window={window} must be an odd number of frames.")
    return window


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise UserError(f"smoother.{name}={value} must be more than 0.")
    return value
