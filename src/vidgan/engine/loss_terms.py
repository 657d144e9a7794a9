"""Loss terms: a loss, its weight and when it counts; each is fed what its parameters name."""
# ruff: noqa: RUF009 - the calls make fields

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from vidgan.engine.players import Interval
from vidgan.limits import MISSING, component, number, whole
from vidgan.namespace import Asked, asked_by

if TYPE_CHECKING:
    from torch import Tensor

#: What a loss is given of its discriminator: the side that was judged, and which part of what is thought of it.
OF_DISCRIMINATOR: Mapping[str, tuple[str, str]] = {
    "fake_logits": ("fake", "logits"),
    "real_logits": ("real", "logits"),
    "fake_features": ("fake", "features"),
    "real_features": ("real", "features"),
}


def is_adversarial(loss: Any) -> bool:
    """Whether a loss, or its class, has a side for its discriminator, too."""
    return hasattr(loss, "discriminator") and hasattr(loss, "generator")


def asked_by_loss(loss: Any) -> Asked:
    """What a loss, or its class, asks for on the generator's side."""
    if not is_adversarial(loss):
        return asked_by(loss)
    is_class: bool = inspect.isclass(loss)
    return asked_by(partial(loss.generator, None)) if is_class else asked_by(loss.generator)


def asks_discriminator(loss: Any) -> bool:
    """Whether a loss, or its class, needs what its discriminator thinks."""
    return any(name in OF_DISCRIMINATOR for name in asked_by_loss(loss).needed)


@dataclass
class LossTerm:
    """One weighted loss of the generator side; also the schema of an entry of the configuration's ``losses``.

    Attributes:
        loss: a module whose ``forward`` names what it needs of the step's namespace, see
            :class:`vidgan.engine.step.Step`, and of :data:`OF_DISCRIMINATOR`; an adversarial loss has ``generator`` and
            ``discriminator`` methods instead, and the latter trains the discriminator. Where real and fake are told
            apart by its logits, a method ``accuracy(real_logits, fake_logits)`` gives the shares of both that are.
        weight: its weight in the generator's sum; a discriminator minimizes its loss unweighted.
        discriminator: the network whose logits and features it is given.
        start, stop: counts in iterations ``[start, stop)``.
    """

    loss: Any = component("losses@losses.{name}", MISSING)
    weight: float = number(0, 1.0)
    discriminator: str = "discriminator"
    start: int = whole(0, 0)
    stop: int | None = whole(0, None)

    @cached_property
    def adversarial(self) -> bool:
        return is_adversarial(self.loss)

    @property
    def function(self) -> Callable[..., "Tensor"]:
        function: Callable[..., Tensor] = self.loss.generator if self.adversarial else self.loss
        return function

    @cached_property
    def asked(self) -> Asked:
        """What it asks for on the generator's side."""
        return asked_by_loss(self.loss)

    @cached_property
    def asked_to_judge(self) -> Asked:
        """What an adversarial loss asks for on the discriminator's side."""
        return asked_by(self.loss.discriminator)

    @cached_property
    def judged(self) -> bool:
        """Whether the term needs what its discriminator thinks."""
        return asks_discriminator(self.loss)

    def trains(self, discriminator: str) -> bool:
        return self.adversarial and self.discriminator == discriminator

    def accuracy(self, real_logits: "Tensor", fake_logits: "Tensor") -> "tuple[Tensor, Tensor] | None":
        """The shares of real and of fake logits on the right side; None for a loss whose logits take no side."""
        measure = getattr(self.loss, "accuracy", None)
        return measure(real_logits, fake_logits) if measure is not None else None

    def counts(self, iteration: int) -> bool:
        return iteration in Interval(self.start, self.stop)


def accuracies(terms: Iterable[LossTerm], real_logits: "Tensor", fake_logits: "Tensor") -> dict[str, "Tensor"]:
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
