"""What a clip is made into: a size, and one warp that is smooth in time."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vidgan.ops.homography import homographies
from vidgan.randomness import uniform


@dataclass(frozen=True)
class Reach:
    """How far what is made may be from the video.

    Attributes:
        smallest, largest: of the height and of the width, as shares of the video's.
        rotation: degrees, to either side.
        tilt: see :func:`vidgan.ops.homography.homographies`, to either side.
    """

    smallest: float
    largest: float
    rotation: float
    tilt: float

    def times(self, share: float) -> "Reach":
        """A share of the way from leaving all as it is."""
        return Reach(self.smallest**share, self.largest**share, self.rotation * share, self.tilt * share)


def drawn_size(seeds: Tensor, size: tuple[int, int], reach: Reach) -> tuple[int, int]:
    """Height and width for all of a batch: those of its first clip, each drawn by itself, evenly in its logarithm."""
    shares = uniform(seeds[:1].cpu(), "size", 2)[0].tolist()
    low, high = (torch.tensor(end, dtype=torch.float64).log().item() for end in (reach.smallest, reach.largest))
    height, width = (
        round(side * float(torch.tensor(low + (high - low) * share, dtype=torch.float64).exp()))
        for side, share in zip(size, shares, strict=True)
    )
    return height, width


def drawn_warp(seeds: Tensor, frames: int, reach: Reach, aspect: float) -> Tensor:
    """(B, T, 3, 3): a rotation and a tilt that go smoothly from one drawn for the beginning to one for the end."""
    draws = 2 * uniform(seeds, "warp", 2, 3) - 1
    ends = draws * torch.tensor([reach.rotation, reach.tilt / 2, reach.tilt / 2], device=seeds.device)
    return warp_between(ends[:, 0], ends[:, 1], frames, aspect)


def warp_between(first: Tensor, last: Tensor, frames: int, aspect: float) -> Tensor:
    """From one rotation in degrees and tilt (B, 3) to another, which begins and ends at rest, as (B, T, 3, 3)."""
    time = torch.linspace(0, 1, frames, device=first.device) if frames > 1 else first.new_zeros(1)
    eased = (3 - 2 * time) * time.square()
    values = first[:, None].lerp(last[:, None], eased[None, :, None])
    return homographies(values[..., 0].deg2rad(), values[..., 1:], aspect)


def canvas(clips: int, frames: int, size: Sequence[int], device: torch.device) -> Tensor:
    """(B, T, 1, H, W) of nothing, without memory: its shape is what is to be made, and is known on any device."""
    return torch.zeros((), device=device).expand(clips, frames, 1, *size)
