"""Players: named parts of the networks, each with its own optimizer, schedule, clipping and active interval."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from vidgan.errors import UserError


class Role(StrEnum):
    """Which side of the game a player is on."""

    GENERATOR = "generator"
    DISCRIMINATOR = "discriminator"
    AUXILIARY = "auxiliary"


@dataclass(frozen=True)
class Interval:
    """Iterations ``[start, stop)``; ``stop=None`` never ends."""

    start: int = 0
    stop: int | None = None

    def __contains__(self, iteration: int) -> bool:
        return self.start <= iteration and (self.stop is None or iteration < self.stop)


@dataclass(frozen=True)
class Penalty:
    """A regularizer of a discriminator, computed lazily (Karras et al. 2020, StyleGAN2, section 2.2).

    Attributes:
        penalty: called as ``penalty(judge, real, fake, randomness)``, gives a scalar.
        weight: its weight; multiplied by ``every`` in the steps that compute it, so that the mean stays.
        every: computed in every n-th of the player's own steps, from its first on.
    """

    penalty: Callable[..., Tensor]
    weight: float
    every: int = 1


@dataclass(frozen=True)
class Player:
    """One optimizer and what it may change, and when.

    Attributes:
        role: generator side, discriminator or auxiliary (its loss comes from ``AdversarialTask.auxiliary``).
        owns: prefixes of parameter names (``generator``, ``generator.spynet``); the longest prefix owns.
        optimizer: called with the parameters.
        schedule: called with the optimizer; stepped once in each iteration in which the player is active.
        clip: largest L2 norm of the player's gradients; none means no clipping.
        start, stop: active in iterations ``[start, stop)``; its parameters are frozen outside. A stop of 0 keeps them
            as they were loaded.
        every: moves in every n-th iteration only (2 on a discriminator is one D step for two G steps).
        balance: a discriminator pauses while mean sigmoid(real) - mean sigmoid(fake), averaged over about a hundred
            iterations, exceeds this limit (TecoGAN: 0.4); none means it never pauses. Asked once an iteration, of all
            chunks; for losses whose logits are log-odds, as of ``Vanilla``.
        penalties: regularizers by name, discriminators only.
    """

    role: Role
    owns: tuple[str, ...]
    optimizer: Callable[[Iterable[Tensor]], Optimizer]
    schedule: Callable[[Optimizer], LRScheduler] | None = None
    clip: float | None = None
    start: int = 0
    stop: int | None = None
    every: int = 1
    balance: float | None = None
    penalties: Mapping[str, Penalty] = field(default_factory=dict)

    def active(self, iteration: int) -> bool:
        return iteration in Interval(self.start, self.stop)

    def moves(self, iteration: int) -> bool:
        """Whether the player takes an optimizer step in this iteration."""
        return self.active(iteration) and (iteration - self.start) % self.every == 0

    @property
    def judge(self) -> str:
        """The network that a discriminator's player trains."""
        return self.owns[0]


def assign_parameters(networks: nn.ModuleDict, players: Mapping[str, Player]) -> dict[str, list[nn.Parameter]]:
    """Gives every parameter to the player with the longest matching prefix, but those that a network keeps frozen.

    Raises:
        UserError: a prefix matches nothing, a trainable parameter has no owner, or a player owns none.
    """
    owners = {prefix: name for name, player in players.items() for prefix in player.owns}
    assigned: dict[str, list[nn.Parameter]] = {name: [] for name in players}
    matched = set()
    for key, parameter in networks.named_parameters():
        prefixes = [prefix for prefix in owners if key == prefix or key.startswith(prefix + ".")]
        if prefixes:
            longest = max(prefixes, key=len)
            matched.add(longest)
            if parameter.requires_grad:
                assigned[owners[longest]].append(parameter)
        elif parameter.requires_grad:
            raise UserError(
                f"No player owns the parameter '{key}'; name its network in players.<name>.owns "
                f"(owned now: {', '.join(owners) or 'nothing'})."
            )
    for prefix, name in owners.items():
        if prefix not in matched:
            raise UserError(
                f"players.{name}.owns: '{prefix}' matches no parameter; networks are {', '.join(networks)}."
            )
    for name, parameters in assigned.items():
        if not parameters:
            raise UserError(
                f"players.{name} has nothing to train: all of {', '.join(players[name].owns)} is kept frozen by its "
                "network or owned by other players; remove the player."
            )
    return assigned
