"""Differences where artifacts are: locally discriminative learning."""

from torch import Tensor, nn
from torch.nn import functional as F

_TINY = 1e-12  # a variance of nothing, whose root would have no gradient


class LocallyDiscriminative(nn.Module):
    """L1 where a generator errs in an unsteady way and more than its moving average does (LDL, Liang et al. 2022).

    The weight of a pixel (equations 3 to 5) is the variance of the error in the window around it, times the fifth root
    of its variance in the frame; 0 where the average errs more, as details that a generator is on the way to learn are
    no artifacts. Errors are sums over channels. As published, weights carry gradients.

    ``averaged`` is what the moving average of the weights makes; all clips are (B, T, C, H, W) in [0, 1].

    Args:
        window: its side in pixels, odd and at least 3.

    Raises:
        ValueError: frames are not larger than half the window, or its side is none of these.
    """

    def __init__(self, window: int = 7) -> None:
        super().__init__()
        if window % 2 == 0 or window < 3:
            raise ValueError(f"LocallyDiscriminative: window is {window}; it must be odd, and 3 or more")
        self.window = window

    def forward(self, fake: Tensor, real: Tensor, averaged: Tensor) -> Tensor:
        height, width = fake.shape[-2:]
        if min(height, width) <= self.window // 2:
            least = self.window // 2 + 1
            raise ValueError(f"LocallyDiscriminative needs frames of {least} pixels a side; given {width} x {height}")
        difference = (fake.float() - real).flatten(0, 1)
        error = difference.abs().sum(1, keepdim=True)
        of_average = (averaged.float() - real).flatten(0, 1).abs().sum(1, keepdim=True)
        weight = self._within_windows(error) * (error.var((1, 2, 3), keepdim=True) + _TINY) ** 0.2
        return (weight * difference.abs() * (error >= of_average)).mean()

    def _within_windows(self, error: Tensor) -> Tensor:
        """Unbiased variances (N, 1, H, W), of windows that are mirrored at the edges."""
        half = self.window // 2
        padded = F.pad(error, (half, half, half, half), mode="reflect")
        patches = padded.unfold(2, self.window, 1).unfold(3, self.window, 1)
        return patches.var((-2, -1))
