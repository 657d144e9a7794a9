"""One of the ways in which a protocol has each clip scored."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.degradations.base import Degradation
from vidgan.limits import Range

#: What a condition is in a case: a number, or what makes a tensor with B first of a batch of clips.
Maker = float | Callable[[Clip], Tensor]


class Case:
    """What counts instead of the task's own while a clip is scored: a level of noise, a rate, a kind of holes.

    No dataclass: Hydra would take it for a configuration.

    Args:
        degradation: what makes the generator's input of the real clip; None leaves that to the task.
        conditions: conditions of the clip, by names that the task knows. A number is given as (B,); what is called with
            the clip makes (B,), or (B, T, ...) for each frame, e.g. masks of its seeds.

    Raises:
        ValueError: a condition is neither.
    """

    def __init__(self, degradation: Degradation | None = None, conditions: Mapping[str, Maker] | None = None) -> None:
        self.degradation = degradation
        self.conditions = dict(conditions or {})
        for name, maker in self.conditions.items():
            if not callable(maker) and not Range().admits(maker):
                raise ValueError(f"{name} is {maker!r}; expected a number, or what makes a tensor of a clip")

    def applied(self, clip: Clip) -> Clip:
        """The clip with these conditions."""
        if not self.conditions:
            return clip
        made = {name: _of(maker, clip) for name, maker in self.conditions.items()}
        by_frame = {name for name, value in made.items() if value.ndim > 1}
        return replace(clip, conditions={**clip.conditions, **made}, aligned=clip.aligned | by_frame)


def _of(maker: Maker, clip: Clip) -> Tensor:
    device = clip.frames.device
    return maker(clip).to(device) if callable(maker) else torch.full((len(clip),), float(maker), device=device)
