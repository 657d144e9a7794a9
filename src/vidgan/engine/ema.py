"""The moving average of a network's weights."""

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def average_of(network: nn.Module, decay: float) -> AveragedModel:
    """A copy whose weights follow ``decay * average + (1 - decay) * network``; buffers are copied, not averaged.

    The first update copies the network, so the average never remembers the initialization.
    """
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=False)
    return average.requires_grad_(False)
