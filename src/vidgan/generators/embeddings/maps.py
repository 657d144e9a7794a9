"""Poses as features of a small network."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.blocks import conv3x3
from vidgan.pose.maps import gaussian_maps, limb_maps
from vidgan.pose.skeleton import OPENPOSE_18


class PoseMaps(nn.Module):
    """Heat maps of OpenPose's 18 key points and bars of its limbs, drawn at half the size, to features of that size.

    Args:
        channels: of the features.
        sigma: standard deviation of the heat maps, in heights of the frame.
        width: of the bars, likewise.
    """

    def __init__(self, channels: int, sigma: float = 0.02, width: float = 0.06) -> None:
        super().__init__()
        self.sigma, self.width = sigma, width
        self.conv1 = conv3x3(len(OPENPOSE_18) + len(OPENPOSE_18.limbs), channels)
        self.conv2 = conv3x3(channels, channels)

    def forward(self, points: Tensor, height: int, width: int) -> Tensor:
        """
        Args:
            points: (N, 18, 2) as (x, y) in pixels of a frame of ``height`` x ``width``; missing ones NaN.

        Returns:
            (N, channels, ceil(height / 2), ceil(width / 2)).
        """
        size = -(-height // 2), -(-width // 2)
        halved = (points - 0.5) / 2  # a pixel of the half covers the whole's 2 i and 2 i + 1
        maps = [
            gaussian_maps(halved, size, self.sigma * size[0]),
            limb_maps(halved, OPENPOSE_18.limb_indices, size, self.width * size[0]),
        ]
        return self.conv2(F.relu(self.conv1(torch.cat(maps, dim=1).to(points.dtype)), inplace=True))
