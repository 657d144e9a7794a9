"""PG2 (Ma et al. 2017, "Pose guided person image generation"): the pose first, the appearance after it."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.generators.blocks import conv3x3
from vidgan.generators.pose import PoseGenerator
from vidgan.pose.maps import disc_maps
from vidgan.pose.skeleton import OPENPOSE_18


class PG2Block(nn.Module):
    """Two 3 x 3 convolutions, each followed by a ReLU, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + F.relu(self.conv2(F.relu(self.conv1(x))))


class _UNet(nn.Module):
    """The hourglass that both stages share: block i is ``channels * i`` wide, skips are concatenated.

    Between encoder blocks is a 3 x 3 convolution of stride 2, between decoder blocks an enlargement to the nearest
    pixel and a 1 x 1 convolution; each with a ReLU. The last convolution, to 3 channels, is linear.
    """

    def __init__(self, inputs: int, channels: int, blocks: int, innermost: int) -> None:
        super().__init__()
        widths = [channels * (index + 1) for index in range(blocks)]
        wholes = [2 * width for width in widths[:-1]] + [widths[-1] + innermost]  # skip and what comes from below
        self.first = conv3x3(inputs, channels)
        self.encoder = nn.ModuleList(PG2Block(width) for width in widths)
        self.down = nn.ModuleList(nn.Conv2d(inner, outer, 3, 2, 1) for inner, outer in pairwise(widths))
        self.decoder = nn.ModuleList(PG2Block(whole) for whole in wholes)
        self.up = nn.ModuleList(nn.Conv2d(whole, width, 1) for whole, width in zip(wholes[1:], widths, strict=False))
        self.last = conv3x3(wholes[0], 3)

    def encode(self, x: Tensor) -> list[Tensor]:
        """The features of each block, at full size first."""
        x = F.relu(self.first(x))
        skips = []
        for index, block in enumerate(self.encoder):
            x = block(x if index == 0 else F.relu(self.down[index - 1](x)))
            skips.append(x)
        return skips

    def decode(self, x: Tensor, skips: list[Tensor]) -> Tensor:
        for index in reversed(range(len(skips))):
            x = self.decoder[index](torch.cat([x, skips[index]], dim=1))
            if index > 0:
                x = F.relu(self.up[index - 1](F.interpolate(x, scale_factor=2)))
        return self.last(x)


class PoseIntegration(_UNet):
    """Stage 1, G1: the source and the target's heat maps to a coarse picture.

    A fully connected layer sees the whole of the smallest map: the person may move anywhere. Of frames of 128 x 64 it
    is 8 x 4 px, of 256 x 256 it is 8 x 8.
    """

    def __init__(self, height: int, width: int, channels: int, code: int, maps: int) -> None:
        blocks = _blocks(height, width)
        super().__init__(3 + maps, channels, blocks, innermost=channels)
        self.smallest = channels, height >> (blocks - 1), width >> (blocks - 1)
        pixels = self.smallest[1] * self.smallest[2]
        self.squeeze = nn.Linear(channels * blocks * pixels, code)
        self.expand = nn.Linear(code, channels * pixels)

    def forward(self, source: Tensor, maps: Tensor) -> Tensor:
        skips = self.encode(torch.cat([source, maps], dim=1))
        inner = self.expand(self.squeeze(skips[-1].flatten(1))).unflatten(1, self.smallest)
        return self.decode(inner, skips)


class AppearanceRefinement(_UNet):
    """Stage 2, G2: the coarse picture and the source to a difference map, in frames of any size its blocks divide.

    Fully convolutional, two blocks less than stage 1. The last convolution starts at zero, so that the result is stage
    1's until stage 2 trains.
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__(6, channels, blocks, innermost=channels * blocks)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, coarse: Tensor, source: Tensor) -> Tensor:
        skips = self.encode(torch.cat([coarse, source], dim=1))
        return self.decode(skips[-1], skips)


class PG2(PoseGenerator):
    """Both stages: the coarse picture plus the difference map. Pictures are scaled to [-1, 1] inside.

    Stage 1 has ``log2(height) - 2`` blocks. No gradient of stage 2 reaches stage 1, which is trained before it and then
    stays: one player owns ``generator.stage1`` up to some iteration, another ``generator.stage2`` from there on.

    Args:
        height, width: of the pictures; a power of two, and a multiple of what the blocks divide by. Published: 128 x 64
            and 256 x 256.
        channels: width of the first block; 128 is published.
        code: numbers in the bottleneck of stage 1.
        radius: of the discs of the heat maps, in pixels.

    Raises:
        UserError: the sizes do not fit, or pictures of another size come.
    """

    def __init__(
        self, height: int = 128, width: int = 64, channels: int = 128, code: int = 64, radius: float = 4.0
    ) -> None:
        super().__init__()
        self.size, self.radius = (height, width), radius
        self.stage1 = PoseIntegration(height, width, channels, code, maps=len(OPENPOSE_18))
        self.stage2 = AppearanceRefinement(channels, _blocks(height, width) - 2)

    def coarse(self, source: Tensor, target_keypoints: Tensor) -> Tensor:
        """Stage 1's picture (N, 3, H, W) in [-1, 1] of a source in that range."""
        maps = 2 * disc_maps(target_keypoints, self.size, self.radius) - 1
        return self.stage1(source, maps)

    def pose(self, source: Tensor, source_keypoints: Tensor, target_keypoints: Tensor) -> Tensor:
        """The source's pose is not used."""
        if source.shape[-2:] != self.size:
            (height, width), (wanted_height, wanted_width) = source.shape[-2:], self.size
            raise UserError(
                f"PG2 is made for pictures of {wanted_width} x {wanted_height} pixels and is given {width} x {height}: "
                f"set its height and width to the data's."
            )
        source = 2 * source - 1
        coarse = self.coarse(source, target_keypoints)
        return (coarse + self.stage2(coarse.detach(), source) + 1) / 2


def _blocks(height: int, width: int) -> int:
    """Blocks of stage 1."""
    blocks = height.bit_length() - 3
    if height != 1 << (blocks + 2) or blocks < 3 or width % (1 << (blocks - 1)):
        raise UserError(
            f"PG2: pictures of {width} x {height} pixels do not fit; the height is 32, 64, 128, 256, ... and the width "
            "a multiple of an eighth of it."
        )
    return blocks
