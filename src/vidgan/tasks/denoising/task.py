"""Video denoising: noisy clips to clean ones of the same size."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from vidgan.baselines.denoisers import REACHES, Denoiser, denoisers
from vidgan.data.clip import Clip
from vidgan.degradations.base import Degradation, quantized
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput, Step
from vidgan.errors import UserError
from vidgan.generators.base import each_of
from vidgan.inference.noise import SAMPLE
from vidgan.ops.noise_estimation import estimate_sigma, with_noise_map
from vidgan.tasks.restoration import Restoration, output_of


class Denoising(Restoration):
    """Noisy clips (B, T, 3, H, W) to clean ones.

    The condition is the noisy clip, and for generators that ask for it a map of the noise's sigma in a fourth
    channel: what the degradation tells of itself, or a blind estimate where it cannot tell.

    Args:
        degradation: what clips suffer; those of validation and test, where the protocol does not say.
        blind: give estimates in validation and test, as on videos whose noise nobody knows.
        middle_only: train on the middle frame of a clip alone, so that a generator that sees two frames on either side
            is trained on five real ones (FastDVDnet).
        arguments: those of :class:`AdversarialTask`.
    """

    shown = ("noisy", "ffmpeg_nlmeans", MODEL, "real")

    def __init__(
        self,
        degradation: Degradation,
        blind: bool = False,
        middle_only: bool = False,
        **arguments: Any,
    ) -> None:
        super().__init__(degradation, **arguments)
        self.blind = blind
        self.middle_only = middle_only
        scales = {"networks.generator": getattr(self.generator, "scale", 1), "degradation": degradation.scale}
        for name, scale in scales.items():
            if scale != 1:
                raise UserError(f"{name} has a scale of {scale}; denoising keeps the size: choose one of scale 1.")

    @property
    def tells_noise(self) -> bool:
        """Whether the generator is given a map of the noise beside the frames."""
        return getattr(self.generator, "noise_map", False)

    def condition(self, clip: Clip, estimate: Tensor | None = None) -> Tensor:
        """
        Args:
            clip: a batch.
            estimate: (B, 1, 1, 1, 1) blind estimates of the noise; made of the clip's first frames if not given.
        """
        degradation, noisy = self.degrading, self.degraded(clip.frames, clip)
        if not self.tells_noise:
            return noisy
        known = None if self.blind and not self.training else degradation.sigma_of(noisy, clip.seeds)
        if known is None:
            known = _estimates(noisy) if estimate is None else estimate
        return with_noise_map(noisy, known)

    def target(self, clip: Clip) -> Tensor:
        return clip.frames[:, self._compared(clip.frames)]

    def generate(self, condition: Tensor) -> GeneratorOutput:
        if self.training:
            compared = self._compared(condition)
            if getattr(self.generator, "temporal", None) == "window":
                return output_of(self.generator.between(condition, compared.start, compared.stop))
            return output_of(each_of(self.generator(condition), lambda part: part[:, compared]))
        return output_of(self.generator(condition))

    def _compared(self, frames: Tensor) -> slice:
        count = frames.shape[1]
        middle = count // 2
        return slice(middle, middle + 1) if self.training and self.middle_only else slice(0, count)

    # Scores ------------------------------------------------------------------------------------------------------

    def context(self, with_baselines: bool) -> int | None:
        own = super().context(with_baselines)
        compared = [REACHES[name] for name in self.chosen_baselines()] if with_baselines else []
        return None if own is None else max(own, *compared, 0)

    def play(self, clip: Clip, memory: Any) -> Step:
        """The memory holds what is known of the noise by the first piece, and what the generator remembers."""
        estimate, sigma, memory = memory or (None, None, None)
        condition = self.condition(clip, estimate)
        step = self.played(clip, condition, memory)
        sigma = self._sigma(condition) if sigma is None else sigma
        step.output.named.setdefault("sigma", sigma)
        step.output.state = (condition[:, :1, 3:, :1, :1], sigma, step.output.state)
        return step

    def given(self, condition: Tensor) -> dict[str, Tensor]:
        return {"noisy": quantized(condition[:, :, :3])}

    def baselines(self) -> dict[str, Baseline]:
        return {name: partial(self._classical, name, method) for name, method in denoisers().items()}

    def _classical(
        self, name: str, method: Denoiser, clip: Clip, condition: Tensor, sigma: Tensor | None = None
    ) -> Tensor:
        new, reach = clip.place.new, REACHES[name]
        seen = slice(max(0, new.start - reach), new.stop + reach)
        noisy = self.given(condition[:, seen])["noisy"]
        sigma = self._sigma(condition) if sigma is None else sigma
        frames = (noisy[0] * 255).round().byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()
        made = method(frames, 255 * sigma.item())[new.start - seen.start :][: new.stop - new.start]
        return torch.from_numpy(made).to(noisy.device).permute(0, 3, 1, 2)[None].float() / 255

    def _sigma(self, condition: Tensor) -> Tensor:
        """(1,) that of the noise, as the generator is told of it; else estimated from the first frames."""
        if self.tells_noise:
            return condition[:, :, 3:].mean().view(1)
        return condition.new_tensor([estimate_sigma(self.given(condition[:, :SAMPLE])["noisy"][0])])


def _estimates(noisy: Tensor) -> Tensor:
    """(B, 1, 1, 1, 1) blind estimates, one for each clip of (B, T, C, H, W), of its first frames."""
    return noisy.new_tensor([estimate_sigma(clip[:SAMPLE]) for clip in noisy]).view(-1, 1, 1, 1, 1)
