"""The two discriminators of MoCoGAN (Tulyakov et al. 2018): one of frames, one of clips."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from vidgan.discriminators.augmentation import ClipAugmentation
from vidgan.discriminators.base import Verdict
from vidgan.discriminators.blocks import with_activations
from vidgan.errors import UserError
from vidgan.randomness import uniform

Head = Literal["patch", "classes", "projection"]
Norm = Literal["batch", "spectral", "none"]
_FEWEST = 13  # frames that four convolutions of four frames without padding leave one of


class FrameCritic(nn.Module):
    """Judges patches of some frames of each clip; published with one frame and batch norm, 663,296 parameters.

    Args:
        channels: of the first layer.
        frames: drawn from each clip; 0 judges all.
        norm: ``batch`` as published, ``spectral``, or ``none``, for a player with the penalty R1.
        augmentation: of what it sees, real and made alike.
    """

    def __init__(
        self,
        channels: int = 64,
        frames: int = 1,
        norm: Norm = "batch",
        augmentation: ClipAugmentation | None = None,
    ) -> None:
        super().__init__()
        self.frames, self.augmentation = frames, augmentation
        widths = (3, channels, 2 * channels, 4 * channels)
        bias = norm != "batch"  # else mid-gray, which is 0 here, would be judged as 0 for ever
        layers: list[nn.Module] = []
        for level, (inputs, outputs) in enumerate(pairwise(widths)):
            conv = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)
            layers += [*_normalized(conv, norm if level else "none"), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, stride=2, padding=1, bias=bias))

    def forward(self, frames: Tensor, seeds: Tensor, return_features: bool = False) -> Verdict:
        """Logits (B * N, 1, h, w) of the N frames that follow from the seeds, of clips (B, T, 3, H, W) in [0, 1]."""
        if self.augmentation is not None:
            frames = self.augmentation(frames, seeds)
        if self.frames:
            numbers = (uniform(seeds, "judged", self.frames) * frames.shape[1]).long()
            frames = frames[torch.arange(len(frames), device=frames.device)[:, None], numbers]
        logits, features = with_activations(self.main, 2 * frames.flatten(0, 1) - 1)
        return (logits, features) if return_features else logits


class ClipCritic(nn.Module):
    """Judges clips of 13 frames or more by 3-D convolutions that halve the frame and do not pad time.

    Published with 64 channels and batch norm: the head ``patch`` has 2,650,880 parameters; ``classes`` of six classes
    at 64 px has 11,253,504, and gives a logit of each class after the verdict, see
    :class:`vidgan.losses.classified.Classified`.

    Args:
        classes: names of the classes; empty judges clips of any.
        size: height and width of the frames; the head ``classes`` judges all of it.
        channels: of the first layer.
        shrink: it sees frames so many times smaller, as the judge of motion of DVD-GAN does (Clark et al. 2019):
            what is fine is left to the judge of frames.
        head: ``patch`` knows no class, ``classes`` tells it, ``projection`` is told it (Miyato and Koyama 2018).
        norm: ``batch`` as published, ``spectral``, or ``none``, for a player with the penalty R1.
        augmentation: of what it sees, real and made alike.

    Raises:
        UserError: the head needs classes and there are none, or the reverse.
    """

    def __init__(
        self,
        classes: Sequence[str] = (),
        size: int = 64,
        channels: int = 64,
        shrink: int = 1,
        head: Head = "patch",
        norm: Norm = "batch",
        augmentation: ClipAugmentation | None = None,
    ) -> None:
        super().__init__()
        if (head == "patch") == bool(classes):
            raise UserError(f"a discriminator with the head {head} {'has no' if classes else 'needs'} classes")
        self.augmentation, self.shrink = augmentation, shrink
        widths = [3, channels, 2 * channels, 4 * channels, *([8 * channels] if head == "classes" else [])]
        bias = norm != "batch"  # else mid-gray, which is 0 here, would be judged as 0 for ever
        layers: list[nn.Module] = []
        for level, (inputs, outputs) in enumerate(pairwise(widths)):
            conv = nn.Conv3d(inputs, outputs, 4, stride=(1, 2, 2), padding=(0, 1, 1), bias=bias)
            layers += [*_normalized(conv, norm if level else "none"), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(*layers)
        if head == "classes":
            side = size // shrink // 16
            self.verdict = nn.Conv3d(widths[-1], 1 + len(classes), (4, side, side), bias=bias)
        else:
            self.verdict = nn.Conv3d(widths[-1], 1, 4, stride=(1, 2, 2), padding=(0, 1, 1), bias=bias)
        self.fewest = _FEWEST + 3 * (head == "classes")
        self.embedding = spectral_norm(nn.Embedding(len(classes), widths[-1])) if head == "projection" else None

    def forward(
        self, frames: Tensor, seeds: Tensor, label: Tensor | None = None, return_features: bool = False
    ) -> Verdict:
        """Logits (B, 1 + classes, T', h, w) of clips (B, T, 3, H, W) in [0, 1] of the classes (B,).

        Raises:
            UserError: the clips are too short.
        """
        if frames.shape[1] < self.fewest:
            raise UserError(
                f"clips of {frames.shape[1]} frames are too short for this discriminator, which needs "
                f"{self.fewest}; set data.frames to {self.fewest} or more"
            )
        if self.augmentation is not None:
            frames = self.augmentation(frames, seeds)
        frames = F.avg_pool3d(frames.transpose(1, 2), (1, self.shrink, self.shrink))
        hidden, features = with_activations(self.main, 2 * frames - 1)
        logits = self.verdict(hidden)
        if self.embedding is not None:
            told = (self.embedding(label)[..., None, None, None] * hidden).mean((1, 2, 3, 4), keepdim=True)
            logits = logits + told * hidden.shape[1] ** 0.5
        return (logits, features) if return_features else logits


def _normalized(conv: nn.Module, norm: str) -> list[nn.Module]:
    if norm == "spectral":
        return [spectral_norm(conv)]
    if norm == "none":
        return [conv]
    kind = nn.BatchNorm2d if isinstance(conv, nn.Conv2d) else nn.BatchNorm3d
    return [conv, kind(conv.out_channels)]  # type: ignore[arg-type]  # convolutions have it
