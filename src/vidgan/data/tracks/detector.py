"""A simulated pose estimator: what it makes of the true key points, and which of its errors is where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from vidgan.data.persons.gait import Floats
from vidgan.pose.skeleton import OPENPOSE_18

#: Kinds of error, by their number: noise and drift alone, far off, hidden, left taken for right.
STRATA = ("clean", "outlier", "occluded", "swapped")
_CLEAN, _OUTLIER, _OCCLUDED, _SWAPPED = range(4)
_SIDED = [name.startswith(("left", "right")) for name in OPENPOSE_18.joints]
_ARMS = [name.endswith(("shoulder", "elbow", "wrist")) for name in OPENPOSE_18.joints]
_LEGS = [name.endswith(("hip", "knee", "ankle")) for name in OPENPOSE_18.joints]


@dataclass(frozen=True)
class SimulatedDetector:
    """White noise, drift, outliers, bursts of left taken for right, and hidden key points that stay where they were.

    Args:
        noise: standard deviation of white noise, in pixels of a person 200 px tall, as all that follows.
        drift: standard deviation of noise that lasts (AR(1)).
        memory: share of the drift that is left after a frame.
        outliers: share of key points that are far off.
        outlier_size: standard deviation of how far.
        swaps: bursts a second.
        swap_frames: shortest and longest burst.
        hidings: a second and key point.
        hiding_frames: shortest and longest.
    """

    noise: float = 1.6
    drift: float = 2.0
    memory: float = 0.9
    outliers: float = 0.03
    outlier_size: float = 30.0
    swaps: float = 0.25
    swap_frames: tuple[int, int] = (3, 12)
    hidings: float = 0.12
    hiding_frames: tuple[int, int] = (4, 15)

    def __call__(
        self, clean: Floats, fps: float, random: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """What is found of a person.

        Args:
            clean: (T, 18, 2) true key points in pixels.
            fps: frames a second.
            random: everything drawn follows from it.

        Returns:
            (T, 18, 3) found as (x, y, confidence), and (T, 18) indices in ``STRATA``. There is at least one burst.
        """
        count, joints, _ = clean.shape
        strata = np.full((count, joints), _CLEAN)
        seconds = count / fps
        swapped = self._bursts(random, count, 1 + random.poisson(self.swaps * seconds), self.swap_frames)
        places = clean.copy()
        for burst in swapped:
            parts = np.array((_ARMS, _LEGS, _SIDED)[random.integers(3)])
            places[burst] = np.where(parts[:, None], clean[burst][:, OPENPOSE_18.swap], places[burst])
            strata[burst] = np.where(parts, _SWAPPED, strata[burst])
        places += self.noise * random.standard_normal(clean.shape) + self._drift(random, clean.shape)
        confidence = random.normal(0.85, 0.07, (count, joints))
        far = random.random((count, joints)) < self.outliers
        places[far] += self.outlier_size * random.standard_normal((int(far.sum()), 2))
        confidence[far] = random.uniform(0.2, 0.8, int(far.sum()))
        strata[far] = _OUTLIER
        for joint in range(joints):
            hidings = random.poisson(self.hidings * seconds)
            for hidden in self._bursts(random, count, hidings, self.hiding_frames):
                places[hidden, joint] = places[max(hidden.start - 1, 0), joint]
                length = len(range(*hidden.indices(count)))
                confidence[hidden, joint] = random.uniform(0.05, 0.5, length)
                strata[hidden, joint] = _OCCLUDED
        return np.concatenate([places, confidence.clip(0, 1)[..., None]], -1).astype(np.float32), strata

    def _drift(self, random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        """AR(1) noise over the first axis that is stationary from its start."""
        steps = random.standard_normal(shape)
        steps[1:] *= np.sqrt(1 - self.memory**2)
        return self.drift * lfilter([1.0], [1.0, -self.memory], steps, axis=0)

    @staticmethod
    def _bursts(random: np.random.Generator, count: int, bursts: int, lengths: tuple[int, int]) -> list[slice]:
        shortest, longest = lengths
        # In order, so that what is hidden again while it is hidden stays where it is.
        starts = np.sort(random.integers(0, max(1, count - longest), bursts))
        return [slice(start, start + random.integers(shortest, longest + 1)) for start in starts]
