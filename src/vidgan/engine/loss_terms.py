"""Loss terms: a loss, its weight and when it counts; each is fed what its parameters name."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor, nn

from vidgan.engine.players import Interval
from vidgan.errors import UserError

# What a loss may ask for; see vidgan.engine.step.Scene.
AVAILABLE = (
    "fake",
    "real",
    "condition",
    "flow",
    "mask",
    "fake_logits",
    "real_logits",
    "fake_features",
    "real_features",
)


def wanted_by(function: Callable[..., Tensor], where: str) -> tuple[str, ...]:
    """Names of the arguments that ``function`` asks for.

    Raises:
        UserError: it asks for something the engine does not have.
    """
    names = tuple(inspect.signature(function).parameters)
    if unknown := [name for name in names if name not in AVAILABLE]:
        raise UserError(f"{where} asks for {', '.join(unknown)}; a loss may ask for {', '.join(AVAILABLE)}.")
    return names


def is_adversarial(loss: Any) -> bool:
    """Whether a loss, or its class, has a side for its discriminator, too."""
    return hasattr(loss, "discriminator") and hasattr(loss, "generator")


def asks_discriminator(loss: Any) -> bool:
    """Whether a loss, or its class, is given a discriminator's logits or features."""
    method = loss.generator if is_adversarial(loss) else getattr(loss, "forward", loss)
    return any(name.endswith(("logits", "features")) for name in inspect.signature(method).parameters)


def asked_beside_frames(discriminator: nn.Module) -> tuple[str, ...]:
    """Names of what a discriminator's ``forward`` must be given beside the frames."""
    _, _, *others = inspect.signature(type(discriminator).forward).parameters.values()
    return tuple(p.name for p in others if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class LossTerm:
    """One weighted loss of the generator side.

    Attributes:
        loss: a module whose ``forward`` names what it needs; an adversarial loss has ``generator`` and
            ``discriminator`` methods instead, and the latter trains the discriminator. Where real and fake are told
            apart by its logits, a method ``accuracy(real_logits, fake_logits)`` gives the shares of both that are.
        weight: its weight in the generator's sum; a discriminator minimizes its loss unweighted.
        discriminator: the network whose logits and features it is given.
        start, stop: counts in iterations ``[start, stop)``.
    """

    loss: nn.Module
    weight: float = 1.0
    discriminator: str = "discriminator"
    start: int = 0
    stop: int | None = None

    @cached_property
    def adversarial(self) -> bool:
        return is_adversarial(self.loss)

    @property
    def function(self) -> Callable[..., Tensor]:
        return self.loss.generator if self.adversarial else self.loss  # type: ignore[return-value]

    @cached_property
    def wants(self) -> tuple[str, ...]:
        method = self.loss.generator if self.adversarial else self.loss.forward
        return wanted_by(method, f"{type(self.loss).__name__}")  # type: ignore[arg-type]

    @cached_property
    def judged(self) -> bool:
        """Whether the term needs its discriminator's opinion."""
        return asks_discriminator(self.loss)

    def trains(self, discriminator: str) -> bool:
        return self.adversarial and self.discriminator == discriminator

    def accuracy(self, real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor] | None:
        """The shares of real and of fake logits on the right side; None for a loss whose logits take no side."""
        measure = getattr(self.loss, "accuracy", None)
        return measure(real_logits, fake_logits) if measure is not None else None

    def counts(self, iteration: int) -> bool:
        return iteration in Interval(self.start, self.stop)


def accuracies(terms: Iterable[LossTerm], real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
    """How much of the ``real`` and of the ``fake`` side is told apart, by the first loss that can say; else empty."""
    for term in terms:
        shares = term.accuracy(real_logits, fake_logits)
        if shares is not None:
            return dict(zip(("real", "fake"), shares, strict=True))
    return {}


def loss_ratio(terms: Mapping[str, LossTerm], player: str, judge: str, row: Mapping[str, float]) -> dict[str, float]:
    """A discriminator's loss over the generator's against it, both unweighted; empty where one did not count.

    Args:
        terms: all, by name.
        player, judge: the discriminator's player and its network.
        row: of the log, with the losses.
    """
    generators = sum(row.get(f"loss/{name}", 0.0) for name, term in terms.items() if term.trains(judge))
    if f"loss/{player}" not in row or generators == 0:
        return {}
    return {f"{player}/loss_ratio": row[f"loss/{player}"] / generators}
