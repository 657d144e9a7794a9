"""Key points over time, made on the fly: true ones, and what a detector makes of them."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch.utils.data import Dataset

from vidgan.data.clip import Clip
from vidgan.data.datamodule import DataModule, Loading
from vidgan.data.tracks.detector import SimulatedDetector
from vidgan.data.tracks.motion import FPS, moving
from vidgan.randomness import mix


class SyntheticTrackClips(Dataset[Clip]):
    """Clip n, for any n: a motion of its own and its detection.

    Its ``keypoints`` (1, T, 18, 2) are the true ones; conditions are ``detected`` (1, T, 18, 3) as (x, y, confidence)
    and ``strata`` (1, T, 18), indices in ``detector.STRATA``. There are no pictures: ``frames`` is (1, T, 0, 1, 1).

    Args:
        frames: T.
        detector: what finds the key points.
        stream: what names the set of motions; two streams have none in common.
        count: length where it has one.
    """

    def __init__(self, frames: int, detector: SimulatedDetector, stream: Sequence[int | str], count: int = 0) -> None:
        self.frames, self.detector, self.stream, self.count = frames, detector, tuple(stream), count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Clip:
        clean = moving(np.random.default_rng(mix(*self.stream, number, "motion")), self.frames)
        found, strata = self.detector(clean, FPS, np.random.default_rng(mix(*self.stream, number, "detection")))
        return Clip(
            frames=torch.zeros(1, self.frames, 0, 1, 1),
            names=[f"{self.stream[0]}#{number}"],
            seeds=torch.tensor([mix(*self.stream, number, "randomness")], dtype=torch.int64),
            keypoints=torch.from_numpy(clean.astype(np.float32))[None],
            conditions={"detected": torch.from_numpy(found)[None], "strata": torch.from_numpy(strata)[None]},
        )


class SyntheticTracks(DataModule):
    """Persons 200 px tall at 30 frames a second: every training clip is new, the evaluated ones are always the same.

    Args:
        batch_size: clips in an iteration, over all devices.
        frames: length of a training clip.
        eval_frames: length of an evaluated one.
        eval_clips: clips to validate and to test on, all of motions that training never sees.
        detector: what finds the key points.
        seed: what training draws follows from it and from the number of the sample.
        loading: the machine's half.
    """

    def __init__(
        self,
        batch_size: int,
        frames: int = 64,
        eval_frames: int = 300,
        eval_clips: int = 24,
        detector: SimulatedDetector | None = None,
        seed: int = 0,
        loading: Loading | None = None,
    ) -> None:
        super().__init__(batch_size, loading)
        self.frames, self.eval_frames, self.eval_clips, self.seed = frames, eval_frames, eval_clips, seed
        self.detector = detector or SimulatedDetector()

    @cached_property
    def training(self) -> SyntheticTrackClips:
        return SyntheticTrackClips(self.frames, self.detector, ("train", self.seed))

    def evaluated(self, split: Literal["val", "test"]) -> SyntheticTrackClips:
        return SyntheticTrackClips(self.eval_frames, self.detector, (split,), self.eval_clips)

    def blank(self) -> Clip:
        return self.training[0]
