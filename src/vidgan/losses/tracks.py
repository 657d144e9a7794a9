"""Differences of key points over time, (B, T, K, 2) in pixels."""

from torch import Tensor, nn
from torch.nn import functional as F


class PointDistance(nn.Module):
    """Mean distance in pixels of each key point from where it should be."""

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        return (fake.float() - real).norm(dim=-1).mean()


class AccelerationL1(nn.Module):
    """Mean absolute difference of x[t-1] - 2 x[t] + x[t+1], in pixels (SmoothNet, Zeng et al. 2022, equation 5)."""

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        return F.l1_loss(fake.float().diff(n=2, dim=1), real.diff(n=2, dim=1))
