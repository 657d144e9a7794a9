"""Compression by a real video codec, which runs on the CPU."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vidgan.degradations.base import Degradation
from vidgan.degradations.draws import Range, between
from vidgan.errors import UserError
from vidgan.video.coding import Coding, coded


class VideoCodec(Degradation):
    """Codes each clip by x264, x265 or SVT-AV1 and decodes it: 8 bits, halved chroma, one thread, so that the stream is
    the same on every machine.

    A clip of some 48 pixels a side or less may be coded otherwise on another processor.

    Args:
        crf: range of the constant rate factor, or of the quantizer, rounded to whole numbers; 0 to 51 of h264, of which
            23 is x264's default, and hevc, 0 to 63 of av1.
        codec, preset, tune, keyframes, constant: see :class:`vidgan.video.coding.Coding`.

    Raises:
        UserError: there is no such codec or setting, or the range goes beyond the codec's.
    """

    def __init__(
        self,
        crf: Range = (23.0, 37.0),
        codec: str = "h264",
        preset: str | None = None,
        tune: str | None = None,
        keyframes: int | None = None,
        constant: str = "crf",
    ) -> None:
        super().__init__()
        self.how = Coding(codec, preset, tune, keyframes, constant)
        (low, high), largest = crf, self.how.scale.largest
        if not 0 <= low <= high <= largest:
            raise UserError(f"degradation.crf={[low, high]}: expected a range within 0 to {largest}, as {codec} has.")
        self.crf = crf

    def degrade(self, frames: Tensor, seeds: Tensor, start: int = 0) -> Tensor:
        return self.coded(frames, self.drawn(seeds))[0]

    def drawn(self, seeds: Tensor) -> Tensor:
        """(B,) the rate factors of clips."""
        return between(seeds, "crf", self.crf).flatten().round()

    def coded(self, frames: Tensor, crf: Tensor) -> tuple[Tensor, Tensor]:
        """Clips after coding, and what they cost.

        Args:
            frames: (B, T, 3, H, W) in [0, 1], H and W even.
            crf: (B,) rate factors, rounded to whole numbers.

        Returns:
            (B, T, 3, H, W) in [0, 1], of 256 levels, and (B, T) bits of each frame.
        """
        levels = (frames.clamp(0, 1) * 255).round().byte().movedim(2, -1).cpu().numpy()
        parts = [coded(clip, level, self.how) for clip, level in zip(levels, crf.round().int().tolist(), strict=True)]
        shown: Sequence[Tensor] = [torch.from_numpy(clip) for clip, _ in parts]
        bits = torch.stack([torch.from_numpy(cost) for _, cost in parts])
        return torch.stack([*shown]).movedim(-1, 2).to(frames.device).float() / 255, bits.to(frames.device)
