"""A task of the lab's own, in a module that is called as many are."""

from typing import ClassVar

import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput


class Relighting(AdversarialTask):
    """Dark clips to bright ones: half-dark, or as a case of a protocol says."""

    case_conditions: ClassVar[tuple[str, ...]] = ("light",)

    def condition(self, clip: Clip) -> Tensor:
        light = clip.conditions.get("light", torch.full((len(clip),), 0.5))
        return light.view(-1, 1, 1, 1, 1).to(clip.frames) * clip.frames

    def generate(self, condition: Tensor) -> GeneratorOutput:
        return GeneratorOutput(self.network("generator")(condition))

    def baselines(self) -> dict[str, Baseline]:
        return {"dark": lambda condition: condition}
