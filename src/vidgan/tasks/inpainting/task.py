"""Video inpainting: clips with holes to clips without."""

from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from vidgan.baselines.inpainting import Filling, inpaintings
from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.generators.inpainter import Inpainter
from vidgan.masks.base import Masks


class Inpainting(AdversarialTask):
    """Clips (B, T, 3, H, W) in [0, 1] with holes to clips without; what is outside of holes is not touched.

    A clip's own ``mask`` counts, 1 in holes, where the data or a protocol's case has one.

    Args:
        masks: the holes of clips that have none of their own.
        arguments: those of :class:`AdversarialTask`.
    """

    shown = ("masked", "flow", MODEL, "real")
    case_conditions: ClassVar[tuple[str, ...]] = ("mask",)

    def __init__(self, masks: Masks, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.masks = masks
        if not isinstance(self.networks["generator"], Inpainter):
            name = type(self.networks["generator"]).__name__
            raise UserError(f"networks.generator: {name} fills no holes; choose one that does, e.g. propagation_blend.")

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        """``masked`` clips, 0 in holes, and their ``mask`` (B, T, 1, H, W)."""
        own = clip.conditions.get("mask")
        mask = self.masks(clip) if own is None else (own > 0.5).to(clip.frames)
        return {"masked": clip.frames * (1 - mask), "mask": mask}

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        made = self.network("generator")(torch.cat([condition["masked"], condition["mask"]], 2))
        return GeneratorOutput(**made)

    def given(self, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"masked": condition["masked"]}

    def baselines(self) -> dict[str, Baseline]:
        return {name: partial(_filled, method) for name, method in inpaintings().items()}


def _filled(method: Filling, masked: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([method(*clip) for clip in zip(masked, mask, strict=True)])
