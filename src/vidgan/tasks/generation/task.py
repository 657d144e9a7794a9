"""Generation: noise, and a class where there are classes, to new clips."""

from typing import Any

import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.randomness import uniform


class Generation(AdversarialTask):
    """Clips as the real ones are, with whose classes they are made; nothing is compared frame by frame.

    The generator draws its noise of the clips' seeds, ``generator.noise(seeds, frames)`` by name, is called with it and
    with the ``label`` (B,) where it has ``classes``, and makes (B, T, 3, H, W) in [0, 1].
    """

    shown = (MODEL, "real")

    @property
    def generator(self) -> Any:
        return self.network("generator")

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        """
        Raises:
            UserError: the generator makes classes, and the data has none, or others.
        """
        noise: dict[str, Tensor] = self.generator.noise(clip.seeds, clip.frames.shape[1])
        if not self.generator.classes:
            return noise
        label, known = clip.conditions.get("label"), len(self.generator.classes)
        if label is None:
            raise UserError("The generator makes classes and this data has none; set networks.generator.classes=[].")
        if int(label.max()) >= known:
            raise UserError(
                f"The data has a class of the number {int(label.max())} and networks.generator.classes names {known}; "
                "name those of the data, in their order."
            )
        return {**noise, "label": label}

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return GeneratorOutput(self.generator(**condition))

    def baselines(self) -> dict[str, Baseline]:
        """The controls, without which no score of this task means anything."""
        return {
            "training clips": lambda real: real,
            "held-out clips": lambda held_out: held_out,
            "shuffled classes": lambda shuffled: shuffled,
            "static clips": lambda held_out: held_out[:, :1].expand_as(held_out),
            "noise": lambda real, seeds: uniform(seeds, "noise", *real.shape[1:]).to(torch.float32),
        }
