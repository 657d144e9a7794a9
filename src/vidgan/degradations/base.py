"""What every degradation promises."""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from vidgan.errors import UserError


class Degradation(nn.Module):
    """Turns good clips into bad ones; a subclass writes :meth:`degrade`.

    What is drawn at random follows from the seeds alone, and is fixed over the frames of a clip (noise aside), so that
    the bad clip is as steady in time as a real bad video.

    Attributes:
        scale: the factor by which height and width shrink.
        sees: what a frame's result follows from: ``"frame"``, the frame and the clip's seed; ``"numbered frame"``, its
            number in the clip as well, and :meth:`degrade` is told that of the first; ``"clip"``, the whole clip,
            which can then not be degraded piece by piece.
    """

    scale: int = 1
    sees: Literal["frame", "numbered frame", "clip"] = "clip"

    def forward(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        """
        Args:
            frames: (B, T, C, H, W) in [0, 1].
            seeds: (B,) int64, one seed for each sample, on the device of ``frames``.
            start: the number of the first frame in its clip.

        Returns:
            (B, T, C, H / scale, W / scale) float32 in [0, 1]; noise that is told not to clip leaves that range.

        Raises:
            UserError: the scale does not divide height and width.
        """
        height, width = frames.shape[-2:]
        if height % self.scale or width % self.scale:
            raise UserError(
                f"frames of {width}x{height} pixels do not divide by the degradation's scale {self.scale}; "
                f"crop them to {width - width % self.scale}x{height - height % self.scale}"
            )
        with torch.autocast(frames.device.type, enabled=False):
            if self.sees == "numbered frame":
                return self.degrade(frames.float(), seeds, start)
            return self.degrade(frames.float(), seeds)

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        raise NotImplementedError

    def sigma_of(self, frames: Tensor, seeds: Tensor) -> Tensor | None:
        """Standard deviation of the noise it adds, or None where it adds none that is known.

        Args:
            frames: (B, T, C, H, W) in [0, 1]; given noisy frames, the answer is what a calibrated camera knows.
            seeds: (B,) as in :meth:`forward`.

        Returns:
            In the units of ``frames``, of a shape that broadcasts to theirs.
        """
        return None


def seen_by(parts: Iterable[Degradation]) -> Literal["numbered frame", "clip"]:
    """What a degradation made of others sees: the whole clip where one of them does."""
    return "clip" if any(part.sees == "clip" for part in parts) else "numbered frame"


def quantized(frames: Tensor) -> Tensor:
    """``frames`` saturated to [0, 1] and rounded to the 256 levels of 8 bits."""
    return (frames.clamp(0, 1) * 255).round() / 255
