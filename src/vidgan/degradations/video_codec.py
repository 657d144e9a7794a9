"""Compression by a real video codec: for evaluation, as it runs on the CPU and one clip at a time."""

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from vidgan.degradations.base import Degradation
from vidgan.degradations.draws import Range, between
from vidgan.video.reader import iterate
from vidgan.video.settings import Encoding
from vidgan.video.writer import VideoWriter


class H264(Degradation):
    """Codes each clip as H.264 by x264 and decodes it: 8 bits, halved chroma where the sizes are even.

    Args:
        crf: range of the constant rate factor, 0 to 51, rounded to whole numbers; 23 is x264's default.
    """

    def __init__(self, crf: Range = (23.0, 37.0)) -> None:
        super().__init__()
        self.crf = crf

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        factors = between(seeds, "crf", self.crf).flatten().round().int().tolist()
        levels = (frames.clamp(0, 1) * 255).round().byte().movedim(2, -1).cpu().numpy()
        coded = np.stack([_coded(clip, crf) for clip, crf in zip(levels, factors, strict=True)])
        return torch.from_numpy(coded).movedim(-1, 2).to(frames.device).float() / 255


def _coded(clip: np.ndarray, crf: int) -> np.ndarray:
    """(T, H, W, 3) uint8, written and read again."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with VideoWriter(path, Fraction(25), encoding=Encoding(quality=crf)) as out:
            for frame in clip:
                out.write(frame)
        return np.stack(list(iterate(path)))
