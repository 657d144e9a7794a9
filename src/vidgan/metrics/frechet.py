"""Frechet distances: how far a set of made clips as a whole is from the set of real ones."""

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import SetMetric
from vidgan.metrics.torchscript import TorchScriptMetric


@dataclass(frozen=True)
class Sums:
    """Of feature vectors: how many, their sum (D,) and the sum of their outer products (D, D), in double precision."""

    count: int
    first: Tensor
    second: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Self:
        """Of features (N, D)."""
        x = features.double().cpu()
        return cls(len(x), x.sum(0), x.T @ x)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.count + other.count, self.first + other.first, self.second + other.second)

    @property
    def mean(self) -> Tensor:
        return self.first / self.count

    @property
    def covariance(self) -> Tensor:
        """The sample covariance."""
        return (self.second - self.count * torch.outer(self.mean, self.mean)) / (self.count - 1)


def frechet_distance(a: Sums, b: Sums) -> float:
    """That of two Gaussians: |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) (Dowson and Landau 1982).

    With C = R R^T, the trace of the root is the sum of the singular values of R_a^T R_b. The eigenvalues of C_a C_b
    would tell it too, but where samples are fewer than features most of them are 0 up to rounding, and the root of a
    rounding error is a million times as large.
    """
    overlap = torch.linalg.svdvals(_root(a.covariance).T @ _root(b.covariance)).sum()
    traces = a.covariance.trace() + b.covariance.trace()
    return float((a.mean - b.mean).square().sum() + traces - 2 * overlap)


def _root(covariance: Tensor) -> Tensor:
    """R with R R^T = C (D, D)."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp(min=0).sqrt()


class Frechet(SetMetric):
    """Frechet distance of the features of all frames or windows of a test set; a subclass writes :meth:`features`.

    It falls with the number of samples: compare it between equal test sets of many times as many samples as features.
    """

    higher_is_better = False
    piecewise = True

    def features(self, frames: Tensor) -> Tensor:
        """Feature vectors (N, D) of the frames (T, 3, H, W) in [0, 1] of one clip."""
        raise NotImplementedError

    def collect(self, fake: Tensor, real: Tensor) -> tuple[Sums, Sums]:
        return Sums.of(self.features(fake)), Sums.of(self.features(real))

    def merge(self, kept: tuple[Sums, Sums], more: tuple[Sums, Sums]) -> tuple[Sums, Sums]:
        return kept[0] + more[0], kept[1] + more[1]

    def combine(self, parts: list[tuple[Sums, Sums]]) -> float:
        """
        Raises:
            UserError: the set has one sample only.
        """
        fakes, reals = (sum(side[1:], side[0]) for side in map(list, zip(*parts, strict=True)))
        if fakes.count < 2:
            raise UserError("a Frechet distance needs at least 2 samples, and this test set gives 1: add clips")
        return frechet_distance(fakes, reals)


class FID(TorchScriptMetric, Frechet):
    """Frechet inception distance (Heusel et al. 2017) over frames.

    On the TorchScript of the original Inception network as StyleGAN-V publishes it, with
    ``arguments: {return_features: true}``; it takes 8-bit frames and resizes them by itself.
    """

    url = "inception-2015-12-05.pt, NVIDIA's metrics for StyleGAN"

    def features(self, frames: Tensor) -> Tensor:
        return self.applied(frames)


class FVD(TorchScriptMetric, Frechet):
    """Frechet video distance (Unterthiner et al. 2018) over windows of a clip, one after the other without overlap.

    On the TorchScript of I3D as StyleGAN-V publishes it, with
    ``arguments: {rescale: true, resize: true, return_features: true}``; it takes 8-bit clips (N, 3, T, H, W).

    Args:
        window: frames of a sample; what is left of a clip is not used.
        published: as of :class:`FID`.
    """

    url = "i3d_torchscript.pt, StyleGAN-V's metrics"

    piecewise = False

    def __init__(self, window: int = 16, **published: Any) -> None:
        super().__init__(**published)
        self.window = window

    def features(self, frames: Tensor) -> Tensor:
        """
        Raises:
            UserError: the clip is shorter than a window.
        """
        count = len(frames) // self.window
        if count == 0:
            raise UserError(f"FVD needs clips of at least {self.window} frames and this one has {len(frames)}")
        windows = frames[: count * self.window].unflatten(0, (count, self.window))
        return self.applied(windows.transpose(1, 2))
