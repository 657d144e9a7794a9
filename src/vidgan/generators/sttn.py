"""STTN (Zeng et al. 2020, "Learning joint spatial-temporal transformations for video inpainting", arXiv:2007.10247).

Holes are filled by attention among the patches of all frames at once.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.generators.base import Shapes, numbered
from vidgan.generators.blocks import conv3x3, mirror_to_multiple
from vidgan.generators.inpainter import Inpainter

#: Into how many parts each quarter of the channels cuts the width and the height of a frame.
PARTS = (1, 3, 6, 12)
_STRIDE = 4  # of the encoder


def patches(x: Tensor, parts: int) -> Tensor:
    """(B, T, C, H, W) to (B, T * parts^2, C * H/parts * W/parts): the patches of all frames of a clip."""
    x = x.unflatten(-1, (parts, -1)).unflatten(-3, (parts, -1))
    return x.permute(0, 1, 3, 5, 2, 4, 6).flatten(4).flatten(1, 3)


def from_patches(x: Tensor, parts: int, shape: torch.Size) -> Tensor:
    """What :func:`patches` made into patches, (B, T, C, H, W): ``shape``."""
    batch, frames, channels, height, width = shape
    x = x.reshape(batch, frames, parts, parts, channels, height // parts, width // parts)
    return x.permute(0, 1, 4, 2, 5, 3, 6).reshape(shape)


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scaled dot-product attention (Vaswani et al. 2017, equation 1) among vectors (B, N, D)."""
    # Scaled before the product: that of the largest patches sums 400,000 values, too many for half precision.
    return torch.softmax(query * query.shape[-1] ** -0.5 @ key.transpose(1, 2), dim=-1) @ value


class MultiScaleAttention(nn.Module):
    """Each quarter of the channels attends to patches of a size of its own (section 3.2).

    Patches within holes are attended to as all others are: the authors' code finds them and leaves them in, and
    published weights are trained so.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query_embedding = nn.Conv2d(channels, channels, 1)
        self.key_embedding = nn.Conv2d(channels, channels, 1)
        self.value_embedding = nn.Conv2d(channels, channels, 1)
        self.output_linear = nn.Sequential(conv3x3(channels, channels), nn.LeakyReLU(0.2, inplace=True))

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Features (B * frames, C, H, W) to the same; H and W are multiples of all :data:`PARTS`."""
        embeddings = (self.query_embedding, self.key_embedding, self.value_embedding)
        embedded = [embedding(x).unflatten(0, (-1, frames)).chunk(len(PARTS), dim=2) for embedding in embeddings]
        attended = []
        for parts, *quarters in zip(PARTS, *embedded, strict=True):
            made = attention(*(patches(quarter, parts) for quarter in quarters))
            attended.append(from_patches(made, parts, quarters[0].shape))
        return self.output_linear(torch.cat(attended, dim=2).flatten(0, 1))


class FeedForward(nn.Module):
    """Two convolutions, the first of them dilated."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=2, dilation=2),
            nn.LeakyReLU(0.2, inplace=True),
            conv3x3(channels, channels),
            nn.LeakyReLU(0.2, inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class TransformerBlock(nn.Module):
    """Attention and a feed-forward part, each added to what it is given, without normalization."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = MultiScaleAttention(channels)
        self.feed_forward = FeedForward(channels)

    def forward(self, x: Tensor, frames: int) -> Tensor:
        x = x + self.attention(x, frames)
        return x + self.feed_forward(x)


class _Doubled(nn.Module):
    """Bilinear enlargement by 2 and a convolution, under the name ``conv``."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = conv3x3(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True))


class STTN(Inpainter):
    """Makes every frame anew, each drawing on all frames that are given.

    Patches are the published fractions of a frame: at the published 432 x 240 pixels those of its features are
    108 x 60, 36 x 20, 18 x 10 and 9 x 5. Frames whose sides are no multiples of 48 are mirrored at the right and at the
    bottom.

    Frames have no order, and what is made of one depends on which others there are. The authors give the network a
    frame with five neighbours on either side and, of the rest of the video, every tenth frame.

    Args:
        channels: width of the transformer, a multiple of 4; published weights have 256.
        blocks: of the transformer; published weights have 8.

    Raises:
        UserError: ``channels`` is no multiple of 4.
    """

    multiple = _STRIDE * max(PARTS)

    def __init__(self, channels: int = 256, blocks: int = 8) -> None:
        super().__init__()
        if channels % 4:
            raise UserError(
                f"STTN: channels={channels} cannot be shared by {len(PARTS)} sizes of patches; give a multiple of 4."
            )
        narrow, middle = channels // 4, channels // 2
        self.encoder = nn.Sequential(
            nn.Conv2d(3, narrow, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            conv3x3(narrow, narrow),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(narrow, middle, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            conv3x3(middle, channels),
            nn.LeakyReLU(0.2, inplace=True),
        )
        self.transformer = nn.ModuleList(TransformerBlock(channels) for _ in range(blocks))
        self.decoder = nn.Sequential(
            _Doubled(channels, middle),
            nn.LeakyReLU(0.2, inplace=True),
            conv3x3(middle, narrow),
            nn.LeakyReLU(0.2, inplace=True),
            _Doubled(narrow, narrow),
            nn.LeakyReLU(0.2, inplace=True),
            conv3x3(narrow, 3),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.02)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        blocks = numbered(shapes, r"^transformer\.(\d+)\.attention\.output_linear\.0\.weight$")
        return {"channels": shapes["encoder.6.weight"][0], "blocks": blocks}

    def fill(self, low: Tensor) -> Tensor:
        clip, (height, width) = low.shape[:2], low.shape[-2:]
        # Within the network frames are in [-1, 1], and a hole is 0: gray, where it is black in [0, 1].
        seen = (2 * low[:, :, :3] - 1) * (1 - low[:, :, 3:])
        x = self.encoder(mirror_to_multiple(seen.flatten(0, 1), self.multiple))
        for block in self.transformer:
            x = block(x, clip[1])
        made = torch.tanh(self.decoder(x))[..., :height, :width]
        return (made.unflatten(0, clip) + 1) / 2
