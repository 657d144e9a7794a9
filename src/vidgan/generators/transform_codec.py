"""A small learned video codec that trains on a CPU in minutes, whose decoder computes the same bits everywhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import Made
from vidgan.generators.blocks import init_small, pad_to_multiple
from vidgan.generators.entropy_models import FactorizedPrior, GaussianModel, bits_of, noisy, rounded
from vidgan.generators.fixed_point import FixedConv2d, FixedLeakyReLU, FixedResidualBlock, on_grid

BLOCK = 8  # pixels of a side that become one position
MULTIPLE = 4 * BLOCK  # frames are padded to: a hyper latent is of 4 x 4 positions
LEVELS = 256  # 8-bit values are whole multiples of 1 / 256 inside, about 0, which doubles hold exactly
_MIDDLE = 128
CHROMA = 4.0  # times as smooth as luma differences of colors are taken for
#: Bits that a file takes beside symbols: for each frame, and once.
OVERHEAD, HEADER = 8 * 12, 8 * 94
_LITTLE = 0.01  # of what networks add to a transform that does without them
_SPREAD = 2.0  # of hyper latents to begin with
ROW_GAIN = 8.0  # of what tells the deviation's number


@dataclass(frozen=True)
class DecodedFrame:
    """What a frame is coded by.

    Attributes:
        picture: (B, 3, H, W) the frame before, padded, multiples of 1 / 256 about 0.
        latents: (B, M, H / 8, W / 8) its latents.
    """

    picture: Tensor
    latents: Tensor


class CoefficientSpread(NamedTuple):
    """How large coefficients of the transform are to begin with: ``mean / (1 + falloff * frequency ** 2)``."""

    mean: float
    falloff: float

    def deviations(self, count: int) -> Tensor:
        """(count,) standard deviations, in units of pictures."""
        smooth = torch.tensor([place.smoothness for place in places(count)], dtype=torch.float32)
        chroma = torch.tensor([place.color > 0 for place in places(count)])
        squares = torch.where(chroma, smooth / CHROMA, smooth) - 1
        return self.mean / (1 + self.falloff * squares) / torch.where(chroma, CHROMA, 1.0)


#: Of natural frames by themselves, and of what changes from one to the next.
_OF_FRAMES, _OF_CHANGES = CoefficientSpread(3.0, 4.0), CoefficientSpread(0.3, 0.3)


class Analysis(nn.Module):
    """A frame and its prediction to latents: an orthonormal transform of their difference, and what a network adds."""

    def __init__(self, channels: int, latents: int, rates: int) -> None:
        super().__init__()
        self.transform = nn.Conv2d(3 * BLOCK**2, latents, 1, bias=False)
        self.first = nn.Conv2d(6 * BLOCK**2, channels, 1)
        self.by_rate = nn.Parameter(torch.zeros(rates, channels))
        self.body = nn.Sequential(
            FixedLeakyReLU(), FixedResidualBlock(channels), FixedResidualBlock(channels), FixedLeakyReLU()
        )
        self.last = nn.Conv2d(channels, latents, 3, padding=1)
        with torch.no_grad():
            self.transform.weight.copy_(transform(latents)[:, :, None, None])
        init_small(self.last, gain=_LITTLE)

    def forward(self, frame: Tensor, prediction: Tensor, rate: Tensor) -> Tensor:
        x, p = F.pixel_unshuffle(frame, BLOCK), F.pixel_unshuffle(prediction, BLOCK)
        features = self.first(torch.cat([x, p], 1)) + _by(rate, self.by_rate)
        return self.transform(x - p) + self.last(self.body(features))


class Synthesis(nn.Module):
    """Latents and the prediction to a frame: the inverse transform, and what a network adds."""

    def __init__(self, channels: int, latents: int, rates: int) -> None:
        super().__init__()
        self.transform = FixedConv2d(latents, 3 * BLOCK**2, 1, bias=False)
        self.first = FixedConv2d(latents + 3 * BLOCK**2, channels, 1)
        self.by_rate = nn.Parameter(torch.zeros(rates, channels))
        self.body = nn.Sequential(
            FixedLeakyReLU(), FixedResidualBlock(channels), FixedResidualBlock(channels), FixedLeakyReLU()
        )
        self.last = FixedConv2d(channels, 3 * BLOCK**2, 3, padding=1)
        with torch.no_grad():
            self.transform.weight.copy_(transform(latents).T[:, :, None, None])
        init_small(self.last, gain=_LITTLE)

    def forward(self, latents: Tensor, prediction: Tensor, rate: Tensor) -> Tensor:
        p = F.pixel_unshuffle(prediction, BLOCK)
        features = on_grid(self.first(torch.cat([latents, p], 1)) + _by(rate, self.by_rate))
        return F.pixel_shuffle(on_grid(p + self.transform(latents) + self.last(self.body(features))), BLOCK)


class Expectation(nn.Module):
    """What latents are expected to be: a mean, and the number of a deviation, of all that the decoder has already."""

    def __init__(self, channels: int, latents: int, hyper: int, rows: Tensor) -> None:
        super().__init__()
        self.of_hyper = nn.Sequential(
            FixedConv2d(hyper, channels, 3, padding=1),
            FixedLeakyReLU(),
            nn.Upsample(scale_factor=2),
            FixedConv2d(channels, channels, 3, padding=1),
            FixedLeakyReLU(),
            nn.Upsample(scale_factor=2),
        )
        self.of_picture = FixedConv2d(3 * BLOCK**2, channels, 1)
        self.first = FixedConv2d(2 * channels + latents, channels, 3, padding=1)
        self.by_rate = nn.Parameter(torch.zeros(len(rows), channels))
        self.body = nn.Sequential(FixedLeakyReLU(), FixedConv2d(channels, channels, 1), FixedLeakyReLU())
        self.last = FixedConv2d(channels, 2 * latents, 1)
        self.rows = nn.Parameter(rows / ROW_GAIN)
        init_small(self.last)

    def forward(self, hyper: Tensor, prediction: Tensor, before: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
        picture = self.of_picture(F.pixel_unshuffle(prediction, BLOCK))
        features = self.first(torch.cat([self.of_hyper(hyper), picture, before], 1))
        features = self.body(on_grid(features + _by(rate, self.by_rate)))
        mean, row = self.last(features).chunk(2, 1)
        return mean, on_grid(ROW_GAIN * (row + _by(rate, self.rows)))


class FrameDecoder(nn.Module):
    """What the decoder of one kind of frames computes."""

    def __init__(self, channels: int, latents: int, hyper: int, steps: Tensor, spread: CoefficientSpread) -> None:
        super().__init__()
        rows = GaussianModel.number(spread.deviations(latents) / steps[:, None])
        self.expectation = Expectation(channels, latents, hyper, rows)
        self.synthesis = Synthesis(channels, latents, len(steps))
        self.gains = nn.Parameter(torch.ones(len(steps), latents))
        self.steps: Tensor
        self.register_buffer("steps", steps[:, None])

    def expected(self, hyper: Tensor, memory: DecodedFrame, rate: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and number of the deviation of each latent, (B, M, h, w)."""
        mean, row = self.expectation(hyper, memory.picture, memory.latents, rate)
        return mean, row

    def rebuilt(self, latents: Tensor, memory: DecodedFrame, rate: Tensor) -> DecodedFrame:
        """The frame of latents, which are in units of their steps; the memory after it."""
        scaled = on_grid(latents * _by(rate, self.gains * self.steps))
        return DecodedFrame(_levelled(self.synthesis(scaled, memory.picture, rate)), latents)


class FrameCoder(nn.Module):
    """How frames of one kind are coded: those by themselves, or those by the one before."""

    def __init__(self, channels: int, latents: int, hyper: int, steps: Tensor, spread: CoefficientSpread) -> None:
        super().__init__()
        self.analysis = Analysis(channels, latents, len(steps))
        self.gains = nn.Parameter(torch.ones(len(steps), latents))
        self.hyper_analysis = nn.Sequential(
            nn.Conv2d(latents, channels, 3, 2, 1), FixedLeakyReLU(), nn.Conv2d(channels, hyper, 3, 2, 1)
        )
        self.prior = FactorizedPrior(hyper, spread=_SPREAD)
        self.decoder = FrameDecoder(channels, latents, hyper, steps, spread)

    def analyzed(self, frame: Tensor, memory: DecodedFrame, rate: Tensor) -> tuple[Tensor, Tensor]:
        """Latents in units of their steps (B, M, H / 8, W / 8), and hyper latents (B, N, H / 32, W / 32)."""
        y = self.analysis(frame, memory.picture, rate) * _by(rate, self.gains / self.decoder.steps)
        return y, self.hyper_analysis(y)


class TransformCodec(nn.Module):
    """Frames by themselves and frames by the one before, at several rates, as whole numbers whose probability is known.

    A frame is compared with its prediction, the decoded frame before or gray; latents are a block transform of the
    difference, as of every codec since H.261, to which networks add on both sides: analysis and synthesis begin as the
    discrete cosine transform of 8 x 8 pixels in orthonormal color axes and learn from there. A hyperprior (Minnen et
    al. 2018, "Joint autoregressive and hierarchical priors") says how probable latents are, given the prediction and
    the latents of the frame before as well (Li et al. 2021, "Deep contextual video compression"). Several rates are
    learned gains and biases by rate (Cui et al. 2021, "Asymmetric gained deep image compression").

    Files are coded by :class:`vidgan.generators.fixed_codec.FixedCodec`, where all that the decoder computes is fixed
    point.

    Args:
        channels: width.
        latents: of 8 x 8 pixels, of 192 at most.
        hyper: hyper latents of 32 x 32 pixels.
        tradeoffs: of each rate the weight of the mean squared error, in squares of 8-bit levels, against bits a pixel;
            ascending, so that a higher rate is of better frames.
    """

    def __init__(self, channels: int, latents: int, hyper: int, tradeoffs: Sequence[float]) -> None:
        super().__init__()
        self.latents = latents
        self.tradeoffs: Tensor
        self.register_buffer("tradeoffs", torch.tensor(list(tradeoffs)))
        steps = torch.tensor([step_of(tradeoff) for tradeoff in tradeoffs])
        self.intra = FrameCoder(channels, latents, hyper, steps, _OF_FRAMES)
        self.inter = FrameCoder(channels, latents, hyper, steps, _OF_CHANGES)
        self.gaussian = GaussianModel()

    @property
    def rates(self) -> int:
        return len(self.tradeoffs)

    @property
    def priors(self) -> list[FactorizedPrior]:
        return [self.intra.prior, self.inter.prior]

    def forward(self, frames: Tensor, rate: Tensor, memory: DecodedFrame | None = None) -> tuple[Made, DecodedFrame]:
        """Clips (B, T, 3, H, W) in [0, 1] as they are decoded, and the memory after them.

        Args:
            frames: clips.
            rate: (B,) number of the rate.
            memory: after the frames before; None begins with a frame by itself.

        Returns:
            ``fake`` (B, T, 3, H, W) multiples of 1/255; ``bits`` (B, T), estimates with a gradient in training, what
            the tables say and what a file takes beside that else; ``tradeoff`` (B,) of the rate; and the memory.
        """
        rate, (height, width) = rate.long(), frames.shape[-2:]
        pictures, bits = [], []
        for frame in centred(255 * frames).unbind(1):
            coder = self.intra if memory is None else self.inter
            beside = 0 if self.training else OVERHEAD + (HEADER if memory is None else 0)
            memory, spent = self._coded(coder, frame, rate, memory or self.beginning(frame))
            spent = spent + beside
            pictures.append((levels(memory.picture) / 255)[..., :height, :width])
            bits.append(spent)
        assert memory is not None, "a clip has at least one frame"
        made = {
            "fake": torch.stack(pictures, 1),
            "bits": torch.stack(bits, 1),
            "tradeoff": self.tradeoffs[rate],
        }
        return made, memory

    def beginning(self, frame: Tensor) -> DecodedFrame:
        """What a frame by itself, (B, 3, H, W), is coded by: gray."""
        height, width = frame.shape[-2:]
        return DecodedFrame(
            torch.zeros_like(frame), frame.new_zeros(len(frame), self.latents, height // BLOCK, width // BLOCK)
        )

    def _coded(
        self, coder: FrameCoder, frame: Tensor, rate: Tensor, memory: DecodedFrame
    ) -> tuple[DecodedFrame, Tensor]:
        y, z = coder.analyzed(frame, memory, rate)
        hyper = rounded(z, coder.prior.medians)
        mean, row = coder.decoder.expected(hyper, memory, rate)
        latents = rounded(y, mean)
        if self.training:
            likely = self.gaussian.likelihood(noisy(y) - mean, row)
            bits = bits_of(coder.prior.likelihood(noisy(z))) + bits_of(likely)
        else:
            bits = coder.prior.tabled_bits(hyper - coder.prior.medians) + self.gaussian.tabled_bits(latents - mean, row)
        return coder.decoder.rebuilt(latents, memory, rate), bits


def centred(frames: Tensor) -> Tensor:
    """8-bit levels (..., 3, H, W) as the codec's own pictures, padded to whole hyper latents."""
    flat = pad_to_multiple((frames - _MIDDLE).flatten(0, -4) / LEVELS, MULTIPLE)
    return flat.unflatten(0, frames.shape[:-3])


def levels(picture: Tensor) -> Tensor:
    """The codec's own pictures as 8-bit levels."""
    return picture * LEVELS + _MIDDLE


def _levelled(picture: Tensor) -> Tensor:
    """What 8 bits hold of a picture."""
    return rounded(picture * LEVELS).clamp(-_MIDDLE, _MIDDLE - 1) / LEVELS


def _by(rate: Tensor, values: Tensor) -> Tensor:
    """(B, C, 1, 1) those of (rates, C) that belong to each clip's rate."""
    return values[rate][:, :, None, None]


def step_of(tradeoff: float) -> float:
    """The step of uniform quantization at which a further bit is worth its cost, in units of 256 levels.

    A step d makes a mean squared error of d^2 / 12, and halving it costs one bit for each coefficient; there are three
    for each pixel, over which the error is a mean: d^2 = 18 / (tradeoff ln 2).
    """
    return math.sqrt(18 / (tradeoff * math.log(2))) / LEVELS


class Place(NamedTuple):
    """One of the basis functions of 8 x 8 pixels in three colors."""

    smoothness: float
    color: int
    row: int
    column: int


def places(count: int) -> list[Place]:
    """The smoothest of them, the smoothest first."""
    sides = range(BLOCK)
    weights = (1.0, CHROMA, CHROMA)
    everything = (
        Place(weight * (1 + u * u + v * v), color, u, v)
        for color, weight in enumerate(weights)
        for u in sides
        for v in sides
    )
    return sorted(everything)[:count]


def transform(count: int) -> Tensor:
    """(count, 192) the smoothest basis functions, orthonormal: cosines (Ahmed et al. 1974) of luma and two differences
    of colors. The columns are in the order of ``pixel_unshuffle``: color, row, column.
    """
    points = torch.arange(BLOCK, dtype=torch.float64)
    cosines = torch.cos(math.pi * (points[None] + 0.5) * points[:, None] / BLOCK) * math.sqrt(2 / BLOCK)
    cosines[0] /= math.sqrt(2)
    colors = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]], dtype=torch.float64)
    colors /= colors.norm(dim=1, keepdim=True)
    made = [torch.einsum("c,i,j->cij", colors[p.color], cosines[p.row], cosines[p.column]) for p in places(count)]
    return torch.stack(made).flatten(1).float()
