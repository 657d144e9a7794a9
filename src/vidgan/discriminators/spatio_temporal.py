"""The spatio-temporal discriminator of TecoGAN (Chu et al. 2020, "Learning temporal coherence via self-supervision
for GAN-based video generation", section 3): judges three frames, also motion-compensated, beside their input.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.discriminators.base import Verdict
from vidgan.errors import UserError
from vidgan.generators.blocks import bilinear
from vidgan.ops.warp import warp

INVERSION_STEPS = 3
MARGIN = 1 / 8  # share of a side where warped frames are blanked: what comes from outside the frame is unknown


def invert(flow: Tensor) -> Tensor:
    """The flow from frame t-1 to t, out of the flow (N, 2, h, w) in pixels from frame t to t-1.

    Fixed-point iteration of ``inverse(x) = -flow(x + inverse(x))`` (Chen et al. 2008, "A simple fixed-point approach to
    invert a deformation field"). Exact for a translation; what one frame hides and the other shows has no inverse.
    """
    inverse = -flow
    for _ in range(INVERSION_STEPS - 1):
        inverse = -warp(flow, inverse, padding="border")
    return inverse


def _color_major(triplets: Tensor) -> Tensor:
    """(N, 3, C, H, W) to (N, 3 * C, H, W), the three frames of a color side by side, as published weights expect."""
    return triplets.transpose(1, 2).flatten(1, 2)


def _triplets(clips: Tensor) -> Tensor:
    """(B, T, ...) to (B * (T // 3), 3, ...): consecutive threes; one or two frames left over are dropped."""
    count = clips.shape[1] // 3
    return clips[:, : 3 * count].unflatten(1, (count, 3)).flatten(0, 1)


class SpatioTemporalDiscriminator(nn.Module):
    """Judges consecutive triplets of frames: as they are, warped onto their middle frame, and their enlarged input.

    The motion is the generator's own, without gradient. The last frame of a triplet is warped by the inverse of the
    given flow (see :func:`invert`), where the paper estimates a second flow backward in time.

    Args:
        size: side of the square frames in pixels, a multiple of 16; 128 is published.
        channels: width of the first layers; 64 is published.

    Raises:
        UserError: the size is no multiple of 16, or frames of another size come.
        ValueError: a clip has less than three frames.
    """

    def __init__(self, size: int = 128, channels: int = 64) -> None:
        super().__init__()
        if size < 16 or size % 16:
            raise UserError(f"SpatioTemporalDiscriminator: size is {size}, expected a multiple of 16 pixels.")
        self.size = size
        self.conv_in = nn.Sequential(nn.Conv2d(27, channels, 3, padding=1), nn.LeakyReLU(0.2, inplace=True))
        widths = [channels, channels, channels, channels * 2, channels * 4]
        self.discriminator_block = nn.Module()  # a name of the published keys
        for index in range(4):
            block = nn.Sequential(
                nn.Conv2d(widths[index], widths[index + 1], 4, 2, padding=1, bias=False),
                nn.BatchNorm2d(widths[index + 1]),
                nn.LeakyReLU(0.2, inplace=True),
            )
            self.discriminator_block.add_module(f"block{index + 1}", block)
        self.dense = nn.Linear(widths[-1] * (size // 16) ** 2, 1)

    def forward(self, frames: Tensor, condition: Tensor, flow: Tensor, return_features: bool = False) -> Verdict:
        """Judges B * (T // 3) triplets.

        Args:
            frames: (B, T, 3, size, size) in [0, 1].
            condition: (B, T, 3, h, w), the frames' low-resolution input.
            flow: (B, T-1, 2, h, w) in low-resolution pixels, from frame t to t-1.
            return_features: whether to return the activations of the four blocks as well.

        Returns:
            Logits (B * (T // 3), 1).
        """
        x = self.conv_in(self.evidence(frames, condition, flow))
        features = []
        for block in self.discriminator_block.children():
            x = block(x)
            features.append(x)
        logits = self.dense(x.flatten(1))
        return (logits, features) if return_features else logits

    def evidence(self, frames: Tensor, condition: Tensor, flow: Tensor) -> Tensor:
        """What is judged, (B * (T // 3), 27, size, size): frames, warped frames, enlarged condition."""
        if frames.shape[1] < 3:
            raise ValueError(
                f"SpatioTemporalDiscriminator needs clips of at least 3 frames and is given {frames.shape[1]}"
            )
        if frames.shape[-2:] != (self.size, self.size):
            raise UserError(
                f"SpatioTemporalDiscriminator is made for {self.size} x {self.size} pixels and is given "
                f"{frames.shape[-1]} x {frames.shape[-2]}: set the discriminator's size to the training crop's."
            )
        scale = self.size // condition.shape[-1]
        triplets = _triplets(frames)
        low = _triplets(condition)
        enlarged = bilinear(low.flatten(0, 1), scale).unflatten(0, low.shape[:2])
        # Flow of frame t stands at place t, so that triplets of it line up with those of the frames.
        motion = _triplets(F.pad(flow.detach(), (0, 0, 0, 0, 0, 0, 1, 0)))
        warped = self._compensate(triplets, motion, scale)
        return torch.cat([_color_major(triplets), _color_major(warped), _color_major(enlarged)], dim=1)

    def _compensate(self, triplets: Tensor, motion: Tensor, scale: int) -> Tensor:
        """The triplets (N, 3, C, H, W) with the outer frames warped onto the middle one, and blank margins."""
        first, middle, last = triplets.unbind(1)
        to_first, to_last = motion[:, 1], invert(motion[:, 2])
        warped = torch.stack(
            [
                warp(first, scale * bilinear(to_first, scale), padding="border"),
                middle,
                warp(last, scale * bilinear(to_last, scale), padding="border"),
            ],
            dim=1,
        )
        margin = round(self.size * MARGIN)
        return F.pad(warped[..., margin:-margin, margin:-margin], (margin,) * 4)
