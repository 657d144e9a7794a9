"""A small task in one file, of a kind that vidgan has none of: grey frames in, color out."""

from dataclasses import dataclass
from pathlib import Path

import torch
from kornia.color import rgb_to_yuv, yuv_to_rgb
from torch import Tensor, nn

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.scoring import MODEL, Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.generators.base import as_generator
from vidgan.inference.clips import processed
from vidgan.inference.options import ClipOptions
from vidgan.inference.trained import Trained
from vidgan.limits import number
from vidgan.metrics.base import Mean, PiecewiseMetric

#: Networks whose weights are of this task.
NETWORKS = ("lab.colorization.",)


@dataclass
class Options(ClipOptions):
    """Colors a grey video.

    Attributes:
        saturation: of the colors; 0 is grey, 1 as they were learned.
    """

    saturation: float = number(0, 1.0, 4)


class Colorist(nn.Module):
    """Chroma (B, T, 2, H, W) of the luma (B, T, 1, H, W) in [0, 1]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, 2, 1))

    def forward(self, luma: Tensor) -> Tensor:
        return 0.4 * torch.tanh(self.body(luma.flatten(0, 1))).unflatten(0, luma.shape[:2])


class Colorization(AdversarialTask):
    """Colored clips, of which the generator is given the luma."""

    shown = ("grey", MODEL, "real")

    def condition(self, clip: Clip) -> Tensor:
        return rgb_to_yuv(clip.frames)[:, :, :1]

    def generate(self, condition: Tensor) -> GeneratorOutput:
        chroma = self.network("generator")(condition)
        return GeneratorOutput(_colored(condition, chroma), chroma=chroma)

    def baselines(self) -> dict[str, Baseline]:
        return {"grey": lambda condition: _grey(condition)}

    def given(self, condition: Tensor) -> dict[str, Tensor]:
        return {"grey": _grey(condition)}


class Vividness(PiecewiseMetric):
    """Mean size of the chroma that the generator made."""

    higher_is_better = True

    def measure(self, chroma: Tensor) -> Mean:
        return Mean.of(chroma.norm(dim=1).mean((1, 2)).tolist())


class ChromaLoss(nn.Module):
    """Mean absolute difference of the chroma."""

    def forward(self, chroma: Tensor, real: Tensor) -> Tensor:
        return (chroma - rgb_to_yuv(real)[:, :, 1:]).abs().mean()


class _Applied(nn.Module):
    def __init__(self, network: nn.Module, saturation: float) -> None:
        super().__init__()
        self.network, self.saturation = network, saturation

    def forward(self, clips: Tensor) -> Tensor:
        luma = rgb_to_yuv(clips)[:, :, :1]
        return _colored(luma, self.saturation * self.network(luma))


def use(trained: Trained, options: Options) -> Path:
    """What a run of this task does for ``vidgan-predict``."""
    generator = as_generator(_Applied(trained.network, options.saturation).eval())
    return processed(lambda given: (generator, given), trained, options)


def _colored(luma: Tensor, chroma: Tensor) -> Tensor:
    return yuv_to_rgb(torch.cat([luma, chroma], 2)).clamp(0, 1)


def _grey(luma: Tensor) -> Tensor:
    return luma.expand(-1, -1, 3, -1, -1)
