"""Kernel distances: like Frechet distances without their bias, for sets of few clips."""

import torch
from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.frechet import FVD


def kernel_distance(some: Tensor, others: Tensor) -> float:
    """Squared maximum mean discrepancy under (x.y / D + 1)^3, unbiased (Binkowski et al. 2018, equations 3 and 4).

    Args:
        some, others: features (N, D) and (M, D) of two samples each at least.
    """
    x, y = some.double(), others.double()

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(a: Tensor) -> Tensor:
        each = kernel(a, a)
        return (each.sum() - each.diagonal().sum()) / (len(a) * (len(a) - 1))

    return float(within(x) + within(y) - 2 * kernel(x, y).mean())


class KVD(FVD):
    """Kernel video distance (Unterthiner et al. 2018): of the windows and on the network of :class:`FVD`.

    It has no bias of small sets, so sets of fewer than 2,048 clips can be compared.
    """

    def collect(self, fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]  # features, no sums
        return self.features(fake).cpu(), self.features(real).cpu()

    def combine(self, parts: list[tuple[Tensor, Tensor]]) -> float:  # type: ignore[override]  # see collect
        """
        Raises:
            UserError: the set has one sample only.
        """
        fakes, reals = (torch.cat(side) for side in zip(*parts, strict=True))
        if min(len(fakes), len(reals)) < 2:
            raise UserError("a kernel distance needs at least 2 samples, and this test set gives 1: add clips")
        return kernel_distance(fakes, reals)
