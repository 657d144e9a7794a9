"""Differences of what pixels are beside their neighbours."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_FAR = 0.1  # the squared difference of two signs of which half counts


class Census(nn.Module):
    """Soft Hamming distance of ternary census transforms (Meister et al. 2018, UnFlow), in [0, 1], as in IFRNet.

    At each pixel of the gray frame the difference d of each neighbour becomes a soft sign, d / sqrt(softness^2 + d^2).
    What all pixels share, such as a shift in brightness, costs nothing. Clips are (B, T, C, H, W) in [0, 1]; pixels
    without all of their neighbours count as zeros.

    Args:
        patch: side of the neighbourhood in pixels, odd.
        softness: where signs begin to saturate, in pixel values of [0, 1]; IFRNet's 0.9, UnFlow has 0.9 / 255.

    Raises:
        ValueError: frames are smaller than the neighbourhood, or its side is even.
    """

    def __init__(self, patch: int = 7, softness: float = 0.9) -> None:
        super().__init__()
        if patch % 2 == 0:
            raise ValueError(f"Census: patch is {patch}; it must be odd")
        self.patch, self.softness = patch, softness

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        height, width = fake.shape[-2:]
        if min(height, width) < self.patch:
            raise ValueError(f"Census needs frames of at least {self.patch} pixels a side; given {width} x {height}")
        squares = (self._signs(fake) - self._signs(real)).square()
        distance = (squares / (_FAR + squares)).mean(1)
        return distance.sum() / (len(distance) * height * width)

    def _signs(self, clip: Tensor) -> Tensor:
        return _signs(clip.float().mean(-3).flatten(0, 1)[:, None], self.patch, self.softness)


class FeatureCensus(nn.Module):
    """Sum over levels of the soft census distances of features (IFRNet, Kong et al. 2022, section 3.3).

    As :class:`Census`, of each channel by itself. ``made_features`` and ``true_features`` are lists of maps
    (B, N, C, h, w), one for each level.

    Args:
        patch: side of the neighbourhood, odd; IFRNet's 3.
        softness: where signs begin to saturate; IFRNet's 0.9.

    Raises:
        ValueError: the side is even.
    """

    def __init__(self, patch: int = 3, softness: float = 0.9) -> None:
        super().__init__()
        if patch % 2 == 0:
            raise ValueError(f"FeatureCensus: patch is {patch}; it must be odd")
        self.patch, self.softness = patch, softness

    def forward(self, made_features: list[Tensor], true_features: list[Tensor]) -> Tensor:
        levels = zip(made_features, true_features, strict=True)
        return torch.stack([self._distance(made, true) for made, true in levels]).sum()

    def _distance(self, made: Tensor, true: Tensor) -> Tensor:
        first, second = (
            _signs(maps.float().flatten(0, 2)[:, None], self.patch, self.softness) for maps in (made, true)
        )
        squares = (first - second).square()
        return (squares / (_FAR + squares)).mean(1).sum() / made.numel()


def _signs(maps: Tensor, patch: int, softness: float) -> Tensor:
    """Of (N, 1, H, W) the signs (N, patch^2, pixels that have all neighbours)."""
    patches = F.unfold(maps, patch)
    middle = patch**2 // 2
    differences = patches - patches[:, middle : middle + 1]
    return differences / torch.sqrt(differences.square() + softness**2)
