"""A network that knows nothing of vidgan."""

import torch
from torch import Tensor, nn


class Brightener(nn.Module):
    """Clips (B, T, 3, H, W) to clips of the same size, frame by frame."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), nn.Conv2d(channels, 3, 1))

    def forward(self, clips: Tensor) -> Tensor:
        return clips + torch.tanh(self.body(clips.flatten(0, 1))).unflatten(0, clips.shape[:2])
