"""The GAN-health panel: is the game balanced, are the gradients finite, which losses move."""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from vidgan.errors import UserError


def distributed() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def agreed(flag: Tensor) -> bool:
    """Whether ``flag`` (0-dimensional, bool) holds on every rank; a decision taken alone would hang the others."""
    if not distributed():
        return bool(flag)
    votes = flag.to(torch.int32).reshape(1)
    dist.all_reduce(votes, op=dist.ReduceOp.MIN)
    return bool(votes.item())


def mean_over_ranks(values: Tensor) -> Tensor:
    """The mean of a tensor over all ranks."""
    if distributed():
        dist.all_reduce(values)
        values = values / dist.get_world_size()
    return values


class Panel:
    """Means of named scalars since the last read; they stay on the device until then."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, value: Tensor) -> None:
        value = value.detach().float()
        self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._counts[name] = self._counts.get(name, 0) + 1

    def read(self) -> dict[str, float]:
        """The means over time and ranks, and a new start; call it on every rank."""
        if not self._sums:
            return {}
        names = sorted(self._sums)
        values = torch.stack([self._sums[name] / self._counts[name] for name in names])
        self._sums, self._counts = {}, {}
        return dict(zip(names, mean_over_ranks(values).tolist(), strict=True))

    def state_dict(self) -> dict[str, Any]:
        """What has come together since the last read, over all ranks, so that a resumed run logs the same means.

        Call it on every rank.
        """
        names = sorted(self._sums)
        sums = mean_over_ranks(torch.stack([self._sums[name] for name in names])).cpu() if names else ()
        return {"sums": dict(zip(names, sums, strict=True)), "counts": dict(self._counts)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])

    def to(self, device: torch.device) -> None:
        """Moves the sums; a checkpoint is read before Lightning moves the module."""
        self._sums = {name: value.to(device) for name, value in self._sums.items()}


class NonFinitePolicy:
    """Counts updates that were refused as their loss or gradient was not finite; gives up after ``limit`` in a row.

    An overflow that a gradient scaler mends by a smaller scale counts too: it takes one or two of a row, and a gradient
    that is not finite at any scale takes all.

    Attributes:
        refused: updates by player.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.refused: dict[str, int] = {}
        self._in_a_row: dict[str, int] = {}

    @property
    def total(self) -> int:
        return sum(self.refused.values())

    def record(self, accepted: bool, player: str, iteration: int) -> None:
        """Takes note of a player's update; the same on every rank.

        Raises:
            UserError: ``limit`` updates of the player in a row were refused.
        """
        if accepted:
            self._in_a_row[player] = 0
            return
        self.refused[player] = self.refused.get(player, 0) + 1
        self._in_a_row[player] = self._in_a_row.get(player, 0) + 1
        if self._in_a_row[player] >= self.limit:
            raise UserError(
                f"Training diverged: {self.limit} updates in a row had a loss or gradient that is not finite (player "
                f"'{player}', iteration {iteration}); {remedies(player)}."
            )

    def state_dict(self) -> dict[str, Any]:
        return {"refused": dict(self.refused), "in_a_row": dict(self._in_a_row)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.refused, self._in_a_row = dict(state["refused"]), dict(state["in_a_row"])


def remedies(player: str) -> str:
    """What to do about a player that diverges."""
    return f"lower players.{player}.optimizer.lr, set players.{player}.clip, or train with machine.precision=32-true"


class DiscriminatorGate:
    """How far a discriminator is ahead: a moving average of mean sigmoid(real) - mean sigmoid(fake)."""

    def __init__(self, limit: float, decay: float = 0.99) -> None:
        self.limit = limit
        self.decay = decay
        self.value = 0.0

    def update(self, logits: Sequence[tuple[Tensor, Tensor]]) -> bool:
        """Takes in an iteration's logits; whether the discriminator is still below the limit and may step.

        Args:
            logits: of the real and of the fake side of each chunk; chunks are of one size.
        """
        gaps = [real.float().sigmoid().mean() - fake.float().sigmoid().mean() for real, fake in logits]
        lead = mean_over_ranks(torch.stack(gaps).mean().reshape(1)).item()
        if math.isfinite(lead):
            self.value = self.decay * self.value + (1 - self.decay) * lead
        return self.value < self.limit
