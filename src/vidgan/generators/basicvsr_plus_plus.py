"""BasicVSR++ (Chan et al. 2022): features carried twice back and forth, aligned by deformable convolutions."""

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from vidgan.generators.base import Shapes, numbered
from vidgan.generators.basicvsr import BidirectionalSR, ResidualTrunk
from vidgan.generators.blocks import conv3x3
from vidgan.generators.deformable import deformable_conv2d
from vidgan.ops.warp import warp

BRANCHES = ("backward_1", "forward_1", "backward_2", "forward_2")
GROUPS = 16  # of channels that share their offsets
MAX_RESIDUE = 10.0  # pixels that an offset may differ from the flow (equation 6)
END_BLOCKS = 5  # residual blocks of the feature extraction and of the reconstruction


class Alignment(nn.Module):
    """Second-order flow-guided deformable alignment (section 3.2): offsets are the flow plus a learned residue.

    The weight and bias of the convolution lie beside ``conv_offset``, as published keys have them.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        convolution = conv3x3(2 * channels, channels)
        assert convolution.bias is not None
        self.weight, self.bias = convolution.weight, convolution.bias
        self.conv_offset = nn.Sequential(
            conv3x3(3 * channels + 4, channels),
            nn.LeakyReLU(0.1, inplace=True),
            conv3x3(channels, channels),
            nn.LeakyReLU(0.1, inplace=True),
            conv3x3(channels, channels),
            nn.LeakyReLU(0.1, inplace=True),
            conv3x3(channels, 27 * GROUPS),
        )
        last = self.conv_offset[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, features: Tensor, guides: Tensor, flows: list[Tensor]) -> Tensor:
        """
        Args:
            features: (N, 2 * channels, h, w), of the last frame and the one before it, unaligned.
            guides: (N, 3 * channels, h, w): the same aligned by flow, with the frame's own between them.
            flows: (N, 2, h, w) in pixels, to the last frame and to the one before it.

        Returns:
            (N, channels, h, w), aligned.
        """
        residue, masks = self.conv_offset(torch.cat([guides, *flows], dim=1)).split([18 * GROUPS, 9 * GROUPS], dim=1)
        towards = torch.cat([flow.flip(1).repeat(1, 9 * GROUPS // 2, 1, 1) for flow in flows], dim=1)
        offsets = MAX_RESIDUE * torch.tanh(residue.float()) + towards
        return deformable_conv2d(features, offsets, torch.sigmoid(masks), self.weight, self.bias)


class BasicVSRPlusPlus(BidirectionalSR):
    """Features are carried twice backward and forward, aligned to second order.

    Args:
        channels: width of the propagated features, a multiple of 8.
        blocks: residual blocks in each of the four passes; published weights have 64 channels and 7 blocks.
    """

    aliases: ClassVar[tuple[tuple[str, str], ...]] = ((r"^upsample(\d)\.upsample_conv\.", r"upconv\1."),)  # mmagic's

    def __init__(self, channels: int = 64, blocks: int = 7) -> None:
        super().__init__()
        self.feat_extract = ResidualTrunk(3, channels, END_BLOCKS)
        self.deform_align = nn.ModuleDict({name: Alignment(channels) for name in BRANCHES})
        self.backbone = nn.ModuleDict(
            {name: ResidualTrunk((2 + index) * channels, channels, blocks) for index, name in enumerate(BRANCHES)}
        )
        self.reconstruction = ResidualTrunk(5 * channels, channels, END_BLOCKS)
        self.add_upsampling(channels)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        blocks = numbered(shapes, r"^backbone\.backward_1\.main\.2\.(\d+)\.conv1\.weight$")
        return {"channels": shapes["deform_align.backward_1.weight"][0], "blocks": blocks}

    def features(self, low: Tensor, to_previous: Tensor, to_next: Tensor) -> Iterator[Tensor]:
        spatial = self.feat_extract(low.flatten(0, 1)).unflatten(0, low.shape[:2])
        known = [[features] for features in spatial.unbind(1)]
        for branch in BRANCHES:
            if branch.startswith("backward"):
                made = self._propagate(branch, known[::-1], to_next.flip(1))[::-1]
            else:
                made = self._propagate(branch, known, to_previous)
            known = [[*features, new] for features, new in zip(known, made, strict=True)]
        return (self.reconstruction(torch.cat(parts, dim=1)) for parts in known)

    def _propagate(self, branch: str, known: list[list[Tensor]], flow: Tensor) -> list[Tensor]:
        """Features (B, channels, h, w) of every frame, carried from the first to the last.

        Args:
            branch: whose weights.
            known: for each frame its own features and those of the earlier passes.
            flow: (B, T-1, 2, h, w) from each frame but the first to the one before it.
        """
        carried: list[Tensor] = []
        for index, features in enumerate(known):
            aligned = torch.zeros_like(features[0])
            if index > 0:
                aligned = self._align(branch, features[0], carried[-2:], flow[:, max(0, index - 2) : index])
            carried.append(aligned + self.backbone[branch](torch.cat([*features, aligned], dim=1)))
        return carried

    def _align(self, branch: str, own: Tensor, carried: list[Tensor], flow: Tensor) -> Tensor:
        """The features of the last one or two frames (older first), aligned with the frame of features ``own``."""
        first, last = flow[:, -1], carried[-1]
        if len(carried) == 2:
            second, older = first + warp(flow[:, 0], first), carried[0]
            guide = warp(older, second)
        else:
            second, older, guide = (torch.zeros_like(part) for part in (first, last, last))
        guides = torch.cat([warp(last, first), own, guide], dim=1)
        return self.deform_align[branch](torch.cat([last, older], dim=1), guides, [first, second])
