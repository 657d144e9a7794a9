"""What one chunk of a batch became: the clip, what was made of it, and what the discriminators think of it, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.engine.loss_terms import OF_DISCRIMINATOR
from vidgan.errors import UserError
from vidgan.namespace import OWN

#: What a generator is given: a tensor, or several by name; each has B first.
Condition = Tensor | dict[str, Tensor]


class GeneratorOutput:
    """What the generator side made.

    Args:
        fake: (B, T, C, H, W) made frames.
        state: the generator's memory after the last frame, a tensor or a tuple of memories; None without one.
        named: all else that it made, named freely: ``flow`` (B, T-1, 2, h, w), ``bits`` (B, T), a depth map; each is a
            tensor with B first, or a list, tuple or dictionary of such. What is None counts as not there.

    Raises:
        UserError: a name is taken.
    """

    def __init__(self, fake: Tensor, state: Any = None, **named: Any) -> None:
        if taken := named.keys() & {*OWN, *OF_DISCRIMINATOR}:
            raise UserError(f"The generator's output has {', '.join(sorted(taken))}, a name that is taken; change it.")
        self.fake = fake
        self.state = state
        self.named = {name: value for name, value in named.items() if value is not None}

    def detach(self) -> "GeneratorOutput":
        """The same without a memory, through which no gradient flows back."""
        return GeneratorOutput(self.fake.detach(), **detached(self.named))


@dataclass
class DiscriminatorOutput:
    """Logits of a discriminator, and its intermediate features."""

    logits: Tensor
    features: list[Tensor]


@dataclass
class Step:
    """A chunk of the batch on its way through one iteration: the one namespace from which all its parts are fed.

    Attributes:
        clip: the chunk.
        condition: what the generator was given.
        real: (B, T, C, H, W) what the made frames are compared with.
        output: what the generator made.
        averaged: what the moving average of its weights makes of the same; None where nothing asks for it.
        judged: what discriminators think of it, by discriminator and side; filled as losses ask for it.
    """

    clip: Clip
    condition: Condition
    real: Tensor
    output: GeneratorOutput
    averaged: Tensor | None = None
    judged: dict[tuple[str, str], DiscriminatorOutput] = field(default_factory=dict)

    @property
    def fake(self) -> Tensor:
        return self.output.fake

    @cached_property
    def namespace(self) -> Mapping[str, Any]:
        """All by name: ``OWN``, then what the generator named, the condition's entries, and the clip's others.

        Of two of one name the first counts.
        """
        clip = self.clip
        own = {"clip": clip, "condition": self.condition, "real": self.real, "fake": self.fake, "seeds": clip.seeds}
        if self.averaged is not None:
            own["averaged"] = self.averaged
        given = self.condition if isinstance(self.condition, dict) else {}
        return {**named_in(clip), **given, **self.output.named, **own}

    def detach(self) -> "Step":
        """The same as the discriminators may use it: no gradient reaches the generator, nothing is judged yet."""
        return replace(self, output=self.output.detach(), judged={})


def named_in(clip: Clip) -> dict[str, Tensor]:
    """What a clip itself has beside its frames, by name."""
    return clip.conditions if clip.keypoints is None else {**clip.conditions, "keypoints": clip.keypoints}


def detached(value: Any) -> Any:
    """A tensor, or a tuple, list or dictionary of such, through which no gradient flows back; others as they are."""
    if isinstance(value, dict):
        return {name: detached(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [detached(part) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    return value.detach() if isinstance(value, Tensor) else value
