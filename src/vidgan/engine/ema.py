"""The moving average of a network's weights."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn


def warmed_up(decay: float, updates: int) -> float:
    """The decay after ``updates`` updates: ``decay``, or less while there are few.

    min(decay, (1 + n) / (10 + n)) as in TensorFlow's ``ExponentialMovingAverage``: a young average spans about the last
    tenth of the training, so that a short training does not deliver its first weights.
    """
    return min(decay, (1 + updates) / (10 + updates))


class MovingAverage(nn.Module):
    """A copy of a network whose weights follow ``d * average + (1 - d) * network``; buffers are copied, not averaged.

    Each player's part begins with the player's first step and is a copy until then, so that the average never remembers
    what was not trained yet, however late a player starts. The n-th update after that has d = :func:`warmed_up`
    (``decay``, n). What no player owns is a copy.

    Args:
        network: the one that trains.
        owned: its players' parameters by player; those of other networks do not matter.
        decay: d of an old average, in [0, 1).
    """

    def __init__(self, network: nn.Module, owned: Mapping[str, Sequence[nn.Parameter]], decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.module = deepcopy(network).requires_grad_(False)
        players = {parameter: player for player, parameters in owned.items() for parameter in parameters}
        self._parts: dict[str | None, tuple[list[Tensor], list[Tensor]]] = {}
        for average, current in zip(self.module.parameters(), network.parameters(), strict=True):
            averages, currents = self._parts.setdefault(players.get(current), ([], []))
            averages.append(average)
            currents.append(current)

    @torch.no_grad()
    def follow(self, network: nn.Module, updates: Mapping[str, int]) -> None:
        """Takes in the present weights.

        Args:
            network: the one that trains.
            updates: iterations since the first step of each player that has taken one.
        """
        for player, (averages, currents) in self._parts.items():
            since = updates.get(player, 0) if player is not None else 0
            if since:
                torch._foreach_lerp_(averages, currents, 1 - warmed_up(self.decay, since))
            else:
                torch._foreach_copy_(averages, currents)
        for kept, buffer in zip(self.module.buffers(), network.buffers(), strict=True):
            kept.copy_(buffer)


def moving_averages(
    networks: nn.ModuleDict, names: Iterable[str], owned: Mapping[str, Sequence[nn.Parameter]], decay: float | None
) -> nn.ModuleDict:
    """The moving average of each of these networks by its name; none where there is no decay."""
    if decay is None:
        return nn.ModuleDict()
    return nn.ModuleDict({name: MovingAverage(networks[name], owned, decay) for name in names})
