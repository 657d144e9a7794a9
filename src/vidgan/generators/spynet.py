"""SpyNet: optical flow by a spatial pyramid (Ranjan and Black 2017), six levels, as BasicVSR uses it."""

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.ops.warp import warp

LEVELS = 6
COARSEST = 2 ** (LEVELS - 1)


class SpyNetLevel(nn.Module):
    """Flow refinement at one level: (N, 8, h, w) of reference, warped neighbour and flow to (N, 2, h, w)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((8, 32, 64, 32, 16, 2)):
            layers += [nn.Conv2d(inputs, outputs, 7, padding=3), nn.ReLU()]
        self.basic_module = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return self.basic_module(x)


class SpyNet(nn.Module):
    """Flow (N, 2, h, w) in pixels from images ``reference`` to ``neighbour`` (N, 3, h, w) in [0, 1].

    Warping the neighbour by it gives the reference. Any size: images are resized to multiples of 32 inside.
    """

    mean: Tensor
    std: Tensor
    # mmagic wraps each convolution with its activation.
    aliases: ClassVar[tuple[tuple[str, str], ...]] = tuple(
        (rf"basic_module\.(\d)\.basic_module\.{layer}\.conv\.", rf"basic_module.\1.basic_module.{2 * layer}.")
        for layer in range(5)
    )

    def __init__(self) -> None:
        super().__init__()
        self.basic_module = nn.ModuleList(SpyNetLevel() for _ in range(LEVELS))
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def _pyramid(self, images: Tensor, size: tuple[int, int]) -> list[Tensor]:
        """Normalized images from the coarsest level to the finest, which has ``size``."""
        resized = F.interpolate(images, size, mode="bilinear", align_corners=False)
        levels = [(resized - self.mean) / self.std]
        while len(levels) < LEVELS:
            levels.insert(0, F.avg_pool2d(levels[0], 2))
        return levels

    def forward(self, reference: Tensor, neighbour: Tensor) -> Tensor:
        height, width = reference.shape[-2:]
        size = (height + -height % COARSEST, width + -width % COARSEST)
        references, neighbours = self._pyramid(reference, size), self._pyramid(neighbour, size)
        flow = torch.zeros_like(references[0][:, :2])
        for level, (fixed, moving) in enumerate(zip(references, neighbours, strict=True)):
            if level > 0:
                flow = 2 * F.interpolate(flow, scale_factor=2, mode="bilinear", align_corners=True)
            aligned = warp(moving, flow, padding="border")
            flow = flow + self.basic_module[level](torch.cat([fixed, aligned, flow], dim=1))
        flow = F.interpolate(flow, (height, width), mode="bilinear", align_corners=False)
        return flow * flow.new_tensor([width / size[1], height / size[0]]).view(1, 2, 1, 1)

    def between(self, references: Tensor, neighbours: Tensor) -> Tensor:
        """Flow of each pair of frames of two clips (B, T, 3, h, w), as (B, T, 2, h, w); T may be 0."""
        if references.shape[1] == 0:
            return references[:, :, :2]
        flow = self(references.flatten(0, 1), neighbours.flatten(0, 1))
        return flow.unflatten(0, references.shape[:2])
