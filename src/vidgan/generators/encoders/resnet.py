"""ResNet-18 (He et al. 2016) as an extractor of features, under torchvision's key names so that its weights load.

Own code because torchvision, which publishes the weights, does not install beside every build of PyTorch.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.backbones.vgg import ImageNetNormalization
from vidgan.generators.encoders.base import Encoder
from vidgan.weights import load_weights, verified


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions with batch norm, plus the input, which is projected where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        made = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(made + self.downsample(x))


class ResNet18(Encoder):
    """The maps after each stage of ResNet-18, at 1/4, 1/8, 1/16 and 1/32 of the size.

    Args:
        channels: width of the first stage, doubled by each; 64 is published.
        stages: how many of the four are computed.
        weights: ``resnet18-f37072fd.pth`` of torchvision or its like; None starts from noise.
        sha256: of the weights, or its first digits; torchvision's file has them in its name.

    Raises:
        UserError: the weights are missing, of another checksum or of another architecture.
    """

    def __init__(
        self, channels: int = 64, stages: int = 4, weights: str | None = None, sha256: str = "f37072fd"
    ) -> None:
        super().__init__()
        self.widths: Sequence[int] = tuple(channels << stage for stage in range(stages))
        self.unused = ("fc.", *(f"layer{stage + 1}." for stage in range(stages, 4)))
        self.normalize = ImageNetNormalization()
        self.conv1 = nn.Conv2d(3, channels, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        inputs = channels
        for stage, width in enumerate(self.widths):
            stride = 2 if stage else 1
            blocks = nn.Sequential(BasicBlock(inputs, width, stride), BasicBlock(width, width, 1))
            self.add_module(f"layer{stage + 1}", blocks)
            inputs = width
        self.train()
        if weights is not None:
            load_weights(self, verified(weights, sha256))

    def forward(self, images: Tensor) -> list[Tensor]:
        x = F.relu(self.bn1(self.conv1(self.normalize(images))))
        x = F.max_pool2d(x, 3, 2, padding=1)
        found = []
        for stage in range(len(self.widths)):
            x = self.get_submodule(f"layer{stage + 1}")(x)
            found.append(x)
        return found
