"""The generator of TecoGAN (Chu et al. 2020): frame-recurrent super-resolution, FRVSR (Sajjadi et al. 2018)."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.base import CausalGenerator, Shapes, numbered
from vidgan.generators.blocks import bilinear, conv3x3, pad_to_multiple
from vidgan.ops.warp import warp

MAX_DISPLACEMENT = 24.0
SCALE = 4
MULTIPLE = 8  # FNet halves three times


def _double_conv(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        conv3x3(inputs, outputs),
        nn.LeakyReLU(0.2, inplace=True),
        conv3x3(outputs, outputs),
        nn.LeakyReLU(0.2, inplace=True),
    ]


class FNet(nn.Module):
    """Flow (N, 2, h, w), at most 24 pixels, from ``reference`` to ``neighbour`` (N, 3, h, w); any size."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder1 = nn.Sequential(*_double_conv(6, 32), nn.MaxPool2d(2))
        self.encoder2 = nn.Sequential(*_double_conv(32, 64), nn.MaxPool2d(2))
        self.encoder3 = nn.Sequential(*_double_conv(64, 128), nn.MaxPool2d(2))
        self.decoder1 = nn.Sequential(*_double_conv(128, 256))
        self.decoder2 = nn.Sequential(*_double_conv(256, 128))
        self.decoder3 = nn.Sequential(*_double_conv(128, 64))
        self.flow = nn.Sequential(conv3x3(64, 32), nn.LeakyReLU(0.2, inplace=True), conv3x3(32, 2))

    def forward(self, reference: Tensor, neighbour: Tensor) -> Tensor:
        height, width = reference.shape[-2:]
        x = pad_to_multiple(torch.cat([reference, neighbour], dim=1), MULTIPLE)
        x = self.encoder3(self.encoder2(self.encoder1(x)))
        for decoder in (self.decoder1, self.decoder2, self.decoder3):
            x = bilinear(decoder(x), 2)
        return torch.tanh(self.flow(x))[..., :height, :width] * MAX_DISPLACEMENT


class SRBlock(nn.Module):
    """conv, ReLU, conv, plus the input, under the published keys."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(conv3x3(channels, channels), nn.ReLU(inplace=True), conv3x3(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x)


class SRNet(nn.Module):
    """A frame (N, 3, h, w) and the warped last output, 48 channels at low resolution, to (N, 3, 4h, 4w)."""

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        self.conv_in = nn.Sequential(conv3x3(3 + 3 * SCALE**2, channels), nn.ReLU(inplace=True))
        self.resblocks = nn.Sequential(*(SRBlock(channels) for _ in range(blocks)))
        self.conv_up = nn.Sequential(
            nn.ConvTranspose2d(channels, channels, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(channels, channels, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(inplace=True),
        )
        self.conv_out = conv3x3(channels, 3)

    def forward(self, frame: Tensor, previous: Tensor) -> Tensor:
        x = self.resblocks(self.conv_in(torch.cat([frame, previous], dim=1)))
        return self.conv_out(self.conv_up(x)) + bilinear(frame, SCALE)


def space_to_depth(images: Tensor) -> Tensor:
    """(N, C, 4h, 4w) to (N, 16 C, h, w), position before channel (TensorFlow); pixel_unshuffle puts channel first."""
    shuffled = F.pixel_unshuffle(images, SCALE).unflatten(1, (images.shape[1], SCALE**2))
    return shuffled.transpose(1, 2).flatten(1, 2)


class FrameState(NamedTuple):
    """What the next frame needs of the last one: its input (B, 3, h, w) and its output (B, 3, 4h, 4w)."""

    low: Tensor
    high: Tensor


class TecoGAN(CausalGenerator):
    """Enlarges by 4; every frame is made from its input and the last output, warped by estimated flow.

    Args:
        channels: width of the reconstruction network.
        blocks: its residual blocks: 16 in the paper's model, 10 in the fast one.
    """

    scale = SCALE
    multiple = MULTIPLE

    def __init__(self, channels: int = 64, blocks: int = 16) -> None:
        super().__init__()
        self.fnet = FNet()
        self.srnet = SRNet(channels, blocks)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        blocks = numbered(shapes, r"^srnet\.resblocks\.(\d+)\.conv\.0\.weight$")
        return {"channels": shapes["srnet.conv_in.0.weight"][0], "blocks": blocks}

    def _flow(self, low: Tensor) -> Tensor:
        """Flow (B, T-1, 2, h, w) in pixels that warps frame t-1 of (B, T, 3, h, w) onto frame t."""
        references, neighbours = low[:, 1:], low[:, :-1]
        if references.shape[1] == 0:
            return references[:, :, :2]
        return self.fnet(references.flatten(0, 1), neighbours.flatten(0, 1)).unflatten(0, references.shape[:2])

    def _stream_with_flow(self, low: Tensor, state: FrameState | None) -> tuple[Tensor, Tensor, FrameState]:
        flow = self._flow(low if state is None else torch.cat([state.low[:, None], low], dim=1))
        high = None if state is None else state.high
        first = low.shape[1] - flow.shape[1]  # 1 where a video starts: its first frame has no flow
        frames = []
        for index, frame in enumerate(low.unbind(1)):
            if high is None:
                previous = frame.new_zeros(frame.shape[0], 3 * SCALE**2, *frame.shape[-2:])
            else:
                motion = SCALE * bilinear(flow[:, index - first], SCALE)
                previous = space_to_depth(warp(high, motion, padding="border"))
            high = self.srnet(frame, previous)
            frames.append(high)
        assert high is not None, "a clip has at least one frame"
        return torch.stack(frames, dim=1), flow, FrameState(low[:, -1], high)

    def stream(self, low: Tensor, state: FrameState | None = None) -> tuple[Tensor, FrameState]:
        frames, _, state = self._stream_with_flow(low, state)
        return frames, state

    def forward_with_flow(self, low: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (B, T, 3, 4h, 4w), and the flow (B, T-1, 2, h, w) in input pixels that warps frame t-1 onto t."""
        frames, flow, _ = self._stream_with_flow(low, None)
        return frames, flow
