"""Parts that several generators share."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv3x3(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def init_small(*layers: nn.Conv2d, gain: float = 0.1, bias: float = 0.0) -> None:
    """He initialization times ``gain``: residual branches that start small train stably (ESRGAN, section 3.1)."""
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight)
        assert layer.bias is not None
        with torch.no_grad():
            layer.weight.mul_(gain)
            layer.bias.fill_(bias)


class ResidualBlock(nn.Module):
    """conv, ReLU, conv, plus the input; no normalization (EDSR, Lim et al. 2017)."""

    def __init__(self, channels: int, gain: float = 0.1) -> None:
        super().__init__()
        self.conv1 = conv3x3(channels, channels)
        self.conv2 = conv3x3(channels, channels)
        init_small(self.conv1, self.conv2, gain=gain)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.relu(self.conv1(x), inplace=True))


def residual_blocks(channels: int, count: int, gain: float = 0.1) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(channels, gain) for _ in range(count)))


def leaky(x: Tensor, slope: float = 0.1) -> Tensor:
    """Leaky ReLU in place: ``x`` must be a fresh tensor."""
    return F.leaky_relu(x, slope, inplace=True)


def bilinear(images: Tensor, scale: int) -> Tensor:
    return F.interpolate(images, scale_factor=scale, mode="bilinear", align_corners=False)


def pad_to_multiple(images: Tensor, multiple: int, mode: str = "replicate") -> Tensor:
    """Repeats, or mirrors at, the last column and row of (N, C, H, W) until both sizes are multiples."""
    height, width = images.shape[-2:]
    padding = (0, -width % multiple, 0, -height % multiple)
    return F.pad(images, padding, mode=mode) if any(padding) else images


def mirror_to_multiple(images: Tensor, multiple: int) -> Tensor:
    """Mirrors (N, C, H, W) at the last column and row until both sizes are multiples; smaller images are repeated."""
    return pad_to_multiple(images, multiple, "reflect" if min(images.shape[-2:]) >= multiple else "replicate")
