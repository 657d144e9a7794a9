"""Compression artifact removal: coded clips to what they were before."""

from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from vidgan.baselines.codecs import Encoder, deblocked, encoders
from vidgan.data.clip import Clip
from vidgan.degradations.video_codec import VideoCodec
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.generators.base import Generator
from vidgan.ops.quality_map import with_quality_map
from vidgan.tasks.restoration import Restoration, output_of


class ArtifactRemoval(Restoration):
    """Clips (B, T, 3, H, W) in [0, 1] as a codec leaves them to what they were before.

    The condition is ``coded`` clips, the codec's rate factor ``crf`` (B,), which generators that ask for it are told as
    a plane, and the ``bits`` (B, T) that coding took: they are those of all that is made of the coded clip. A clip's
    own ``crf`` counts where a protocol's case sets one. In training a clip's own ``coded`` counts where the data has it
    (:class:`vidgan.data.coded.CodedFolder`); else windows are coded as they come, which takes time in each step.

    Args:
        degradation: the codec.
        arguments: those of :class:`~vidgan.engine.adversarial.AdversarialTask`.

    Raises:
        UserError: the degradation is no video codec, or the generator changes the size.
    """

    shown = ("decoded", MODEL, "real")
    case_conditions: ClassVar[tuple[str, ...]] = ("crf",)

    def __init__(self, degradation: VideoCodec, **arguments: Any) -> None:
        super().__init__(degradation, **arguments)
        if not isinstance(degradation, VideoCodec):
            name = type(degradation).__name__
            raise UserError(f"degradation: {name} is no video codec; choose degradations@degradation=h264.")
        if (scale := getattr(self.generator, "scale", 1)) != 1:
            raise UserError(f"networks.generator has a scale of {scale}; coded clips keep their size: choose one of 1.")

    @property
    def codec(self) -> VideoCodec:
        """That of the task, or of the protocol's case."""
        degradation = self.degrading
        assert isinstance(degradation, VideoCodec), "it was looked at"
        return degradation

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        own = clip.conditions.get("crf")
        crf = self.codec.drawn(clip.seeds) if own is None else own
        if self.training and "coded" in clip.conditions:
            return {"coded": clip.conditions["coded"], "crf": crf}
        with torch.no_grad():
            coded, bits = self.codec.coded(clip.frames, crf)
        return {"coded": coded, "crf": crf, "bits": bits}

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        return output_of(self.generator(self._told(condition)))

    def made(self, condition: dict[str, Tensor], new: slice, memory: Any) -> GeneratorOutput:
        if isinstance(self.generator, Generator):
            return output_of(*self.generator.proceed_in_parts(self._told(condition), new.start, new.stop, memory))
        return self.generate(condition)

    def _told(self, condition: dict[str, Tensor]) -> Tensor:
        """What the generator asks for."""
        coded = condition["coded"]
        return with_quality_map(coded, condition["crf"]) if getattr(self.generator, "quality_map", False) else coded

    def given(self, condition: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"decoded": condition["coded"]}

    def baselines(self) -> dict[str, Baseline]:
        """The clip as any player shows it, after a deblocking filter, and what other codecs make of the real one."""
        others = encoders(besides=self.codec.how.codec)
        return {"decoded": _decoded, "deblock": deblocked, **{name: partial(_by, one) for name, one in others.items()}}


def _decoded(coded: Tensor) -> Tensor:
    return coded


def _by(encoder: Encoder, clip: Clip, crf: Tensor) -> GeneratorOutput:
    frames, bits = encoder(clip.frames, crf)
    return GeneratorOutput(frames, bits=bits)
