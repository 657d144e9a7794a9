"""PATN (Zhu et al. 2019, "Progressive pose attention transfer for person image generation"), the published keys."""

from typing import Literal

import torch
from torch import Tensor, nn

from vidgan.generators.pose import PoseGenerator
from vidgan.pose.maps import gaussian_maps
from vidgan.pose.skeleton import OPENPOSE_18

PATNNorm = Literal["batch", "instance"]
SIGMA = 6.0  # of the heat maps, in pixels


def norm_of(kind: PATNNorm, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if kind == "batch" else nn.InstanceNorm2d(channels)


def entrance(inputs: int, channels: int, norm: PATNNorm) -> list[nn.Module]:
    """A 7 x 7 convolution and two of stride 2, to a quarter of the size and four times the width."""
    bias = norm == "instance"  # a batch norm has its own
    modules: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, channels, 7, bias=bias)]
    modules += [norm_of(norm, channels), nn.ReLU(inplace=True)]
    for width in (channels, 2 * channels):
        modules += [nn.Conv2d(width, 2 * width, 3, 2, padding=1, bias=bias)]
        modules += [norm_of(norm, 2 * width), nn.ReLU(inplace=True)]
    return modules


def two_convolutions(inputs: int, outputs: int, norm: PATNNorm, last_norm: bool = True) -> nn.Sequential:
    """Two 3 x 3 convolutions with a norm, a ReLU and dropout by half between them."""
    bias = norm == "instance"
    between = [norm_of(norm, inputs), nn.ReLU(inplace=True), nn.Dropout(0.5)]
    modules = [nn.ReflectionPad2d(1), nn.Conv2d(inputs, inputs, 3, bias=bias), *between]
    modules += [nn.ReflectionPad2d(1), nn.Conv2d(inputs, outputs, 3, bias=bias)]
    return nn.Sequential(*modules, *([norm_of(norm, outputs)] if last_norm else []))


class PATBlock(nn.Module):
    """Moves what the picture's stream holds to where the pose's stream points (section 3.2.2, equations 3 to 6).

    Args:
        channels: of the picture's stream.
        pose_channels: of the pose's: the same in the first block, twice that later, as the picture's is appended.
    """

    def __init__(self, channels: int, pose_channels: int, norm: PATNNorm) -> None:
        super().__init__()
        self.conv_block_stream1 = two_convolutions(channels, channels, norm)
        self.conv_block_stream2 = two_convolutions(pose_channels, channels, norm, last_norm=False)

    def forward(self, picture: Tensor, pose: Tensor) -> tuple[Tensor, Tensor]:
        pose = self.conv_block_stream2(pose)
        picture = picture + self.conv_block_stream1(picture) * torch.sigmoid(pose)
        return picture, torch.cat([pose, picture], dim=1)


class _Streams(nn.Module):
    """The network itself; published keys begin with ``model.``."""

    def __init__(self, channels: int, blocks: int, norm: PATNNorm) -> None:
        super().__init__()
        width = 4 * channels
        self.stream1_down = nn.Sequential(*entrance(3, channels, norm))
        self.stream2_down = nn.Sequential(*entrance(2 * len(OPENPOSE_18), channels, norm))
        self.att = nn.ModuleList(PATBlock(width, width if block == 0 else 2 * width, norm) for block in range(blocks))
        rising: list[nn.Module] = []
        for wide in (width, width // 2):
            bias = norm == "instance"
            rising += [nn.ConvTranspose2d(wide, wide // 2, 3, 2, padding=1, output_padding=1, bias=bias)]
            rising += [norm_of(norm, wide // 2), nn.ReLU(inplace=True)]
        self.stream1_up = nn.Sequential(*rising, nn.ReflectionPad2d(3), nn.Conv2d(channels, 3, 7), nn.Tanh())

    def forward(self, picture: Tensor, pose: Tensor) -> Tensor:
        picture, pose = self.stream1_down(picture), self.stream2_down(pose)
        for block in self.att:
            picture, pose = block(picture, pose)
        return self.stream1_up(picture)


class PATN(PoseGenerator):
    """Two streams, of the picture and of both poses, and nine blocks between them; pictures of sizes divisible by 4.

    Structure, keys and the count of 41.36 million parameters are the published ones; published weights were not at
    hand to be tried. Sizes are even after each halving; pictures are in [-1, 1] inside.

    Args:
        channels: width at full size; 64 is published.
        blocks: attention blocks; 9 are published.
        norm: ``"batch"`` for Market-1501, ``"instance"`` for DeepFashion.
    """

    def __init__(self, channels: int = 64, blocks: int = 9, norm: PATNNorm = "batch") -> None:
        super().__init__()
        self.model = _Streams(channels, blocks, norm)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, std=0.02)

    def pose(self, source: Tensor, source_keypoints: Tensor, target_keypoints: Tensor) -> Tensor:
        height, width = source.shape[-2:]
        poses = torch.cat([source_keypoints, target_keypoints], dim=1)
        made = self.model(2 * source - 1, gaussian_maps(poses, (height, width), SIGMA))
        return (made + 1) / 2
