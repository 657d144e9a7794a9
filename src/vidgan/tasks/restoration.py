"""What tasks share whose generator is given degraded clips: they can be scored piece by piece."""

from typing import Any

import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.degradations.base import Degradation
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.step import GeneratorOutput
from vidgan.generators.base import Generator, Made


class Restoration(AdversarialTask):
    """Degraded clips (B, T, 3, h, w) in [0, 1] to good ones.

    Args:
        degradation: what clips suffer; those of validation and test, where the protocol does not say.
        arguments: those of :class:`AdversarialTask`.
    """

    def __init__(self, degradation: Degradation, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.degradation = degradation

    @property
    def generator(self) -> Any:
        return self.network("generator")

    def context(self, with_baselines: bool) -> int | None:
        """What the generator depends on; whole clips where a degradation or the generator asks for them."""
        whole = any(degradation.sees == "clip" for degradation in self.scored_degradations)
        if whole or not isinstance(self.generator, Generator):
            return None
        return self.generator.context

    def degraded(self, frames: Tensor, clip: Clip) -> Tensor:
        """What the degradation makes of frames of a clip."""
        with torch.no_grad(), torch.autocast(frames.device.type, enabled=False):
            return self.degrading(frames, clip.seeds, clip.place.start)

    def made(self, condition: Any, new: slice, memory: Any) -> GeneratorOutput:
        if isinstance(self.generator, Generator):
            return output_of(*self.generator.proceed_in_parts(condition, new.start, new.stop, memory))
        return super().made(condition, new, memory)


def output_of(made: Made, state: Any = None) -> GeneratorOutput:
    """What a generator made, with all that it names."""
    return GeneratorOutput(made, state) if isinstance(made, Tensor) else GeneratorOutput(state=state, **made)
