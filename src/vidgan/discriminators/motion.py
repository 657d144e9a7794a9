"""Does this body move as bodies do? A discriminator of key points over time."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.discriminators.base import Verdict

_FAR, _NEAR = 100.0, 10.0  # pixels that are 1 to the network: of places in the body, and of changes


class MotionDiscriminator(nn.Module):
    """Strided convolutions over time of places, speeds and accelerations; VIBE (Kocabas et al. 2020) has a GRU instead.

    It judges windows of 22 frames rather than a whole clip, and not where in the picture the person is.

    Args:
        joints: K.
        channels: of the first layer; twice as many after it.
    """

    def __init__(self, joints: int = 18, channels: int = 64) -> None:
        super().__init__()
        widths = (6 * joints, channels, 2 * channels, 2 * channels)
        self.layers = nn.ModuleList(
            nn.Conv1d(inputs, outputs, 4, stride=2, padding=2) for inputs, outputs in pairwise(widths)
        )
        self.verdict = nn.Conv1d(widths[-1], 1, 1)

    def forward(self, tracks: Tensor, return_features: bool = False) -> Verdict:
        """Judges (B, T, K, 2) in pixels; logits are (B, 1, about T / 8)."""
        places = (tracks - tracks.mean(2, keepdim=True)) / _FAR
        speeds = F.pad(tracks.diff(dim=1), (0, 0, 0, 0, 1, 0)) / _NEAR
        changes = F.pad(tracks.diff(n=2, dim=1), (0, 0, 0, 0, 1, 1)) / _NEAR
        x = torch.cat([places, speeds, changes], -1).flatten(2).transpose(1, 2)
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        logits = self.verdict(x)
        return (logits, features) if return_features else logits
