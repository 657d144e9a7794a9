"""Video super-resolution: low-resolution clips to clips of ``scale`` times the size."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from vidgan.baselines.enlargement import ENLARGEMENTS, Enlargement
from vidgan.data.clip import Clip
from vidgan.degradations.base import Degradation
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.tasks.restoration import Restoration, output_of


class SuperResolution(Restoration):
    """Low-resolution clips (B, T, 3, h, w) in [0, 1] to clips of the degradation's scale times the size.

    Args:
        degradation: makes the low-resolution clip from the real one, where none was published with it.
        ping_pong: train on the clip followed by its reverse, so that both passes over a frame can be compared
            (TecoGAN, Chu et al. 2020, section 3.3).
        arguments: those of :class:`AdversarialTask`.
    """

    shown = ("bicubic", MODEL, "real")

    def __init__(self, degradation: Degradation, ping_pong: bool = False, **arguments: Any) -> None:
        super().__init__(degradation, **arguments)
        self.scale = degradation.scale
        self.ping_pong = ping_pong
        self.compare_to = ("bicubic", "lanczos")
        scale = getattr(self.networks["generator"], "scale", degradation.scale)
        if scale != degradation.scale:
            raise UserError(
                f"The generator enlarges x{scale} and the degradation shrinks x{degradation.scale}; "
                f"make networks.generator.scale and degradation.scale the same."
            )

    def condition(self, clip: Clip) -> Tensor:
        if "low" in clip.conditions:
            return self._there_and_back(self._published(clip))
        return self._there_and_back(self.degraded(self._divisible(clip.frames), clip))

    def target(self, clip: Clip) -> Tensor:
        return self._there_and_back(self._divisible(clip.frames))

    def generate(self, condition: Tensor) -> GeneratorOutput:
        if self.training and hasattr(self.generator, "forward_with_flow"):
            fake, flow = self.generator.forward_with_flow(condition)
            return GeneratorOutput(fake, flow=flow)
        return output_of(self.generator(condition))

    def baselines(self) -> dict[str, Baseline]:
        return {name: partial(self._enlarged, method) for name, method in ENLARGEMENTS.items()}

    def _enlarged(self, method: Enlargement, clip: Clip, condition: Tensor) -> Tensor:
        return method(condition[:, clip.place.new], self.scale)

    def _divisible(self, frames: Tensor) -> Tensor:
        """The frames without the rows and columns that are left over by the scale, as all published protocols do."""
        height, width = (size - size % self.scale for size in frames.shape[-2:])
        return frames[..., :height, :width]

    def _published(self, clip: Clip) -> Tensor:
        """The low resolution that came with the clip.

        Raises:
            UserError: it is not so many times smaller as the generator enlarges.
        """
        low, size = clip.conditions["low"], clip.frames.shape[-2:]
        if (low.shape[-2] * self.scale, low.shape[-1] * self.scale) != size:
            raise UserError(
                f"{clip.names[0]}: its low resolution is {low.shape[-1]}x{low.shape[-2]} pixels and the run enlarges "
                f"x{self.scale} to {size[1]}x{size[0]}; leave low out of data.layout to make it from the clip"
            )
        return low

    def _there_and_back(self, frames: Tensor) -> Tensor:
        if not (self.training and self.ping_pong):
            return frames
        return torch.cat([frames, frames[:, :-1].flip(1)], dim=1)
