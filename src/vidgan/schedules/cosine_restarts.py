"""Cosines one after the other."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class CosineRestarts(LRScheduler):
    """Half cosines of given lengths, each from a part of the rate down to ``eta_min``, as in BasicSR.

    A period ends with the step in which its cosine has arrived; the next begins one step after its start. After the
    last one the rate stays. ``torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`` has periods of one length, or that
    grow by a factor, and restarts with the full rate.

    Args:
        optimizer: whose rate.
        periods: lengths of the cosines, in steps.
        weights: what each starts with above ``eta_min``, as a part of the optimizer's rate; none for 1 each.
        eta_min: the lowest rate.

    Raises:
        ValueError: there is no period or an empty one, or another number of weights.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        periods: Sequence[int],
        weights: Sequence[float] | None = None,
        eta_min: float = 0.0,
    ) -> None:
        if not periods or min(periods) < 1:
            raise ValueError(f"CosineRestarts: periods is {list(periods)}; at least one is needed, of 1 step or more")
        weights = [1.0] * len(periods) if weights is None else weights
        if len(weights) != len(periods):
            raise ValueError(f"CosineRestarts: there are {len(periods)} periods and {len(weights)} weights")
        bounds = [sum(periods[:count]) for count in range(len(periods) + 1)]
        self.cycles = [(*ends, weight) for ends, weight in zip(pairwise(bounds), weights, strict=True)]
        self.eta_min = eta_min
        super().__init__(optimizer)

    def get_lr(self) -> list[float | Tensor]:
        start, end, weight = next((cycle for cycle in self.cycles if self.last_epoch <= cycle[1]), self.cycles[-1])
        part = (1 + math.cos(math.pi * min(1, (self.last_epoch - start) / (end - start)))) / 2
        return [self.eta_min + weight * part * (rate - self.eta_min) for rate in self.base_lrs]
