"""What one chunk of a batch became: the clip, what was made of it, and what the discriminators think of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.errors import UserError

#: What a generator is given: a tensor, or several by name; each has B first.
Condition = Tensor | dict[str, Tensor]


@dataclass
class GeneratorOutput:
    """What the generator side made.

    Attributes:
        fake: (B, T, C, H, W) made frames.
        flow: (B, T-1, 2, h, w) motion the generator estimated, where it does; None elsewhere.
        state: the generator's memory after the last frame, a tensor or a tuple of memories; None without one.
    """

    fake: Tensor
    flow: Tensor | None = None
    state: Any = None


@dataclass
class DiscriminatorInput:
    """What a discriminator is shown: real and fake frames (B, T, C, H, W), and what it is told of both."""

    real: Tensor
    fake: Tensor
    context: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class DiscriminatorOutput:
    """Logits of a discriminator, and its intermediate features."""

    logits: Tensor
    features: list[Tensor]


@dataclass
class Step:
    """A chunk of the batch on its way through one iteration; a loss term reads its arguments off it by name."""

    clip: Clip
    condition: Condition
    real: Tensor
    made: GeneratorOutput
    opinions: dict[tuple[str, str], DiscriminatorOutput] = field(default_factory=dict)

    @property
    def fake(self) -> Tensor:
        return self.made.fake

    @property
    def flow(self) -> Tensor | None:
        return self.made.flow

    @property
    def mask(self) -> Tensor:
        """(B, T, 1, H, W) in [0, 1], the clip's own.

        Raises:
            UserError: the data has none.
        """
        if self.clip.masks is None:
            raise UserError("A loss asks for mask, and this data has no masks; remove the loss or choose other data.")
        return self.clip.masks

    def detach(self) -> "Step":
        """The same scene as the discriminators may use it: no gradient reaches the generator, no opinion is kept."""
        flow = None if self.flow is None else self.flow.detach()
        return replace(self, made=GeneratorOutput(self.fake.detach(), flow), opinions={})

    def arguments(self, wanted: tuple[str, ...], judge: Callable[[str], DiscriminatorOutput]) -> dict[str, Any]:
        """The named quantities; ``judge("real" | "fake")`` is asked only for those that need an opinion."""
        values: dict[str, Any] = {}
        for name in wanted:
            side, _, kind = name.partition("_")
            values[name] = getattr(judge(side), kind) if kind else self.named(name, "A loss")
        return values

    def named(self, name: str, asker: str) -> Any:
        """One of these quantities, or an entry of the condition, by its name.

        Raises:
            UserError: it is not there; the text says who asks for it.
        """
        if isinstance(self.condition, dict) and name in self.condition:
            return self.condition[name]
        value = getattr(self, name, None)
        if value is None:
            lacking = "this generator does not estimate" if name == "flow" else "this task does not have"
            raise UserError(f"{asker} asks for {name}, which {lacking}; remove it, or choose one that has it.")
        return value
