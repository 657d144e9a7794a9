"""Learned coding: clips to the fewest bits of which they can be made again, at several rates."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput, Step
from vidgan.errors import UserError
from vidgan.generators.transform_codec import TransformCodec
from vidgan.randomness import uniform
from vidgan.video.coding import Coding, coded

#: Other codecs at medium presets, and what makes their rate factor of H.264's, so that the curves lie over each other.
_CODECS: dict[str, tuple[Coding, Callable[[int], int]]] = {
    "x264": (Coding("h264", "medium"), lambda crf: crf),
    "x265": (Coding("hevc", "medium"), lambda crf: crf),
    "svt_av1": (Coding("av1", "6"), lambda crf: min(63, round(1.6 * crf + 2))),
}


class LearnedCoding(AdversarialTask):
    """Clips (B, T, 3, H, W) in [0, 1] to clips as they are decoded, and the ``bits`` (B, T) that it takes.

    In training each clip has a rate of its own, which follows from its seed; when a clip is scored it is the condition
    ``rate`` of a protocol's case, the middle one where there is none. Other codecs have the case's rate factor ``crf``.

    Args:
        arguments: those of :class:`AdversarialTask`.
    """

    shown = ("x264", MODEL, "real")
    case_conditions: ClassVar[tuple[str, ...]] = ("rate", "crf")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        if not isinstance(self.networks["generator"], TransformCodec):
            name = type(self.networks["generator"]).__name__
            raise UserError(f"networks.generator: {name} is no codec; choose one, e.g. transform_codec.")

    @property
    def generator(self) -> Any:
        return self.network("generator")

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        """
        Raises:
            UserError: a case asks for a rate that the codec does not have.
        """
        if self.training:
            rate = (uniform(clip.seeds, "rate") * self.generator.rates).long()
        else:
            middle = torch.full((len(clip),), self.generator.rates // 2, device=clip.frames.device)
            rate = clip.conditions.get("rate", middle).long()
            if not 0 <= int(rate.min()) <= int(rate.max()) < self.generator.rates:
                raise UserError(f"a case has rate={rate.tolist()[0]}; the codec has 0 to {self.generator.rates - 1}")
        return {"original": clip.frames, "rate": rate}

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return self.proceed(condition, None)

    def proceed(self, condition: dict[str, Tensor], state: Any) -> GeneratorOutput:
        made, state = self.generator(condition["original"], condition["rate"], state)
        return GeneratorOutput(state=state, **made)

    def auxiliary(self, player: str, step: Step) -> Tensor:
        """How far the quantiles of the entropy models are from where they belong."""
        losses = [prior.auxiliary_loss() for prior in self.generator.priors]
        return torch.stack(losses).sum()

    def baselines(self) -> dict[str, Baseline]:
        return {name: partial(_coded, *how) for name, how in _CODECS.items()}

    def on_validation_start(self) -> None:
        self._tabulate()

    def on_test_start(self) -> None:
        self._tabulate()

    def _tabulate(self) -> None:
        for prior in self.generator.priors:
            prior.tabulate()


def _coded(how: Coding, factor: Callable[[int], int], clip: Clip, crf: Tensor) -> GeneratorOutput:
    """A clip through another codec, in memory, and the bits of its packets."""
    frames = (clip.frames[0] * 255).round().byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()
    shown, bits = coded(frames, factor(round(crf.item())), how)
    made = torch.from_numpy(shown).to(clip.frames.device).permute(0, 3, 1, 2)[None].float() / 255
    return GeneratorOutput(made, bits=torch.from_numpy(bits)[None].to(made))
