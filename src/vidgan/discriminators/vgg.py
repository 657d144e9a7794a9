"""The VGG-style discriminator of SRGAN (Ledig et al. 2017, figure 4), in the shape that BasicSR trains."""

from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.discriminators.base import FrameDiscriminator
from vidgan.errors import UserError

SMALLEST = 4  # side of the last feature map, in pixels


def _conv_norm(inputs: int, outputs: int, kernel: int, stride: int) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=False), nn.BatchNorm2d(outputs)


class VGGStyleDiscriminator(FrameDiscriminator):
    """Halves the frame down to 4 x 4 px, doubling its width up to 8 times, and ends in two linear layers.

    Args:
        size: side of the square frames, 4 px times a power of two; 128 and 256 are published.
        channels: width of the first stage.

    Raises:
        UserError: the size is no such number, or frames of another size come.
    """

    def __init__(self, size: int = 128, channels: int = 64) -> None:
        super().__init__()
        self.size = size
        self.stages = (size // SMALLEST).bit_length() - 1
        if self.stages < 1 or size != SMALLEST << self.stages:
            raise UserError(f"VGGStyleDiscriminator: size is {size}, expected 8, 16, 32, 64, 128, 256, ... pixels.")
        width = channels
        self.conv0_0 = nn.Conv2d(3, channels, 3, padding=1)
        for stage in range(self.stages):
            inputs, width = width, channels * min(2**stage, 8)
            if stage > 0:
                self._add(f"{stage}_0", *_conv_norm(inputs, width, 3, 1))
            self._add(f"{stage}_1", *_conv_norm(width, width, 4, 2))
        self.linear1 = nn.Linear(width * SMALLEST**2, 100)
        self.linear2 = nn.Linear(100, 1)

    def _add(self, name: str, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
        """Registers a layer under the published keys."""
        self.add_module(f"conv{name}", conv)
        self.add_module(f"bn{name}", norm)

    def _layer(self, name: str, x: Tensor) -> Tensor:
        x = self.get_submodule(f"bn{name}")(self.get_submodule(f"conv{name}")(x))
        return F.leaky_relu(x, 0.2, inplace=True)

    def judge(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1) of images (N, 3, size, size), and one feature map a stage."""
        if images.shape[-2:] != (self.size, self.size):
            height, width = images.shape[-2:]
            raise UserError(
                f"VGGStyleDiscriminator is made for {self.size} x {self.size} pixels and is given {width} x {height}: "
                f"set the discriminator's size to the training crop's."
            )
        features = []
        x = F.leaky_relu(self.conv0_0(images), 0.2, inplace=True)
        for stage in range(self.stages):
            if stage > 0:
                x = self._layer(f"{stage}_0", x)
            x = self._layer(f"{stage}_1", x)
            features.append(x)
        x = F.leaky_relu(self.linear1(x.flatten(1)), 0.2)
        return self.linear2(x), features
