"""The moving average of a network's weights."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import PARAM_LIST, AveragedModel


def warmed_up(decay: float, updates: int) -> float:
    """The decay after ``updates`` updates: ``decay``, or less while there are few.

    min(decay, (1 + n) / (10 + n)) as in TensorFlow's ``ExponentialMovingAverage``: a young average spans about the last
    tenth of the training, so that a short training does not deliver its first weights.
    """
    return min(decay, (1 + updates) / (10 + updates))


def average_of(network: nn.Module, decay: float) -> AveragedModel:
    """A copy whose weights follow ``d * average + (1 - d) * network``; buffers are copied, not averaged.

    The first update copies the network, so the average never remembers the initialization; the n-th after it has
    d = :func:`warmed_up` (``decay``, n). The count n is a buffer of the average and so in its checkpoints.
    """

    @torch.no_grad()
    def follow(average: PARAM_LIST, current: PARAM_LIST, updates: Tensor | int) -> None:
        torch._foreach_lerp_(average, current, 1 - warmed_up(decay, int(updates)))

    return AveragedModel(network, multi_avg_fn=follow, use_buffers=False).requires_grad_(False)
