"""Finds the settings of the filters in conf/smoother by the mean distance on training clips, which no score is made of.

Run: python experiments/pose_sequence/tune_filters.py
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from vidgan.data.tracks.detector import SimulatedDetector
from vidgan.data.tracks.synthetic import SyntheticTrackClips
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.pose.smoothing import MedianGaussian, OneEuro, SavitzkyGolay, Smoother

CLIPS, FRAMES = 24, 300


def candidates() -> Iterator[tuple[str, Smoother]]:
    for window, sigma in product((1, 3, 5, 7, 9), (0.6, 0.8, 1.0, 1.2, 1.6)):
        yield f"median_gaussian window={window} sigma={sigma}", MedianGaussian(window, sigma)
    for window, order in product((3, 5, 7, 9, 11, 13), (1, 2)):
        yield f"savitzky_golay window={window} order={order}", SavitzkyGolay(window, order)
    for cutoff, beta, derivative in product((1.5, 3.0, 5.0, 8.0), (6.0, 12.0, 24.0, 48.0), (1.0, 3.0, 6.0)):
        settings = f"min_cutoff={cutoff} beta={beta} derivative_cutoff={derivative}"
        yield f"one_euro {settings}", OneEuro(cutoff, beta, derivative)


def main() -> None:
    data = SyntheticTrackClips(FRAMES, SimulatedDetector(), ("train", 0))
    clips = [data[number] for number in range(CLIPS)]
    found = [KeypointSequence(clip.conditions["detected"][0, :, None].numpy(), OPENPOSE_18, fps=30) for clip in clips]
    real = [clip.keypoints[0, :, None].numpy() for clip in clips]
    best: dict[str, tuple[float, str]] = {}
    for name, smoother in candidates():
        made = [smoother(sequence).points[..., :2] for sequence in found]
        error = np.mean([np.linalg.norm(a - b, axis=-1).mean() for a, b in zip(made, real, strict=True)])
        kind = name.partition(" ")[0]
        best[kind] = min(best.get(kind, (np.inf, "")), (float(error), name))
    for error, name in best.values():
        print(f"{error:.3f} px  {name}")


if __name__ == "__main__":
    main()
