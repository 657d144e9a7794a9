"""Players: named parts of the networks, each with its own optimizer, schedule, clipping and active interval."""
# ruff: noqa: RUF009 - the calls make fields

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vidgan.limits import MISSING, Choices, component, number, ruled, whole


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


@dataclass
class Penalty:
    """A regularizer of a discriminator, computed lazily (Karras et al. 2020, StyleGAN2, section 2.2).

    Also the schema of an entry of a player's ``penalties``.

    Attributes:
        penalty: given ``discriminator``, a function from frames to logits, and what else it names of the step's
            namespace (see :class:`vidgan.engine.step.Step`); gives a scalar.
        weight: its weight; multiplied by ``every`` in the steps that compute it, so that the mean stays.
        every: computed in every n-th of the player's own steps, from its first on.
    """

    penalty: Any = component(None, MISSING)
    weight: float = number(0, 1.0)
    every: int = whole(1, 1)


@dataclass
class Player:
    """One optimizer and what it may change, and when; also the schema of an entry of the configuration's ``players``.

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

    role: str = ruled(Choices(tuple(Role)), MISSING)
    owns: list[str] = MISSING
    optimizer: Any = component(None, MISSING)
    schedule: Any = component(None, None)
    clip: float | None = number(0, None, open_below=True)
    start: int = whole(0, 0)
    stop: int | None = whole(0, None)
    every: int = whole(1, 1)
    balance: float | None = number(-1, None, 1)
    penalties: dict[str, Penalty] = field(default_factory=dict)

    def active(self, iteration: int) -> bool:
        return iteration in Interval(self.start, self.stop)

    def moves(self, iteration: int) -> bool:
        """Whether the player takes an optimizer step in this iteration."""
        return self.active(iteration) and (iteration - self.start) % self.every == 0

    @property
    def judge(self) -> str:
        """The network that a discriminator's player trains."""
        return self.owns[0]
