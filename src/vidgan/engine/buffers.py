"""What networks keep beside their weights, as it was before an iteration."""

from collections.abc import Iterable

import torch
from torch import nn


class Buffers:
    """The buffers of networks (running statistics, vectors of spectral norm), which a forward pass alone changes.

    A batch that is not finite would stay in them for ever, though no weight has learned from it.

    Args:
        networks: on the device that they train on.
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        self._now = [buffer for network in networks for buffer in network.buffers()]
        self._kept = [buffer.clone() for buffer in self._now]

    @torch.no_grad()
    def keep(self) -> None:
        """Takes note of them as they are."""
        if self._now:
            torch._foreach_copy_(self._kept, self._now)

    @torch.no_grad()
    def put_back(self) -> None:
        """Makes them what they were when they were kept."""
        if self._now:
            torch._foreach_copy_(self._now, self._kept)
