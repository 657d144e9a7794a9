"""Key points over time, made on the fly: true ones, and what a detector makes of them."""

import numpy as np
import torch

from vidgan.data.clip import Clip
from vidgan.data.datamodule import Loading
from vidgan.data.generated import GeneratedClips, GeneratedData, Stream
from vidgan.data.tracks.detector import SimulatedDetector
from vidgan.data.tracks.motion import FPS, moving


class SyntheticTrackClips(GeneratedClips):
    """Clip n, for any n: a motion of its own and its detection.

    Its ``keypoints`` (1, T, 18, 2) are the true ones; conditions are ``detected`` (1, T, 18, 3) as (x, y, confidence)
    and ``strata`` (1, T, 18), indices in ``detector.STRATA``. There are no pictures: ``frames`` is (1, T, 0, 1, 1).

    Args:
        frames: T.
        detector: what finds the key points.
        stream: what names the set of motions; two streams have none in common.
        count: length where it has one.
    """

    def __init__(self, frames: int, detector: SimulatedDetector, stream: Stream, count: int = 0) -> None:
        super().__init__(stream, count)
        self.frames, self.detector = frames, detector

    def __getitem__(self, number: int) -> Clip:
        clean = moving(self.random(number, "motion"), self.frames)
        found, strata = self.detector(clean, FPS, self.random(number, "detection"))
        return Clip(
            frames=torch.zeros(1, self.frames, 0, 1, 1),
            names=[self.name(number)],
            seeds=torch.tensor([self.seed(number)], dtype=torch.int64),
            keypoints=torch.from_numpy(clean.astype(np.float32))[None],
            conditions={"detected": torch.from_numpy(found)[None], "strata": torch.from_numpy(strata)[None]},
        )


class SyntheticTracks(GeneratedData):
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
        super().__init__(batch_size, seed, loading)
        self.frames, self.eval_frames, self.eval_clips = frames, eval_frames, eval_clips
        self.detector = detector or SimulatedDetector()

    def clips(self, stream: Stream, evaluated: bool) -> SyntheticTrackClips:
        frames, count = (self.eval_frames, self.eval_clips) if evaluated else (self.frames, 0)
        return SyntheticTrackClips(frames, self.detector, stream, count)
