"""The convolutions of VGG19 (Simonyan and Zisserman 2015) as a fixed measure of likeness.

Own code because torchvision, which publishes the weights, does not install beside every build of PyTorch.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn

WIDTHS = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512, 512, 512))


def _layer_names() -> tuple[str, ...]:
    names = []
    for block, widths in enumerate(WIDTHS, start=1):
        for index in range(1, len(widths) + 1):
            names += [f"conv{block}_{index}", f"relu{block}_{index}"]
        names.append(f"pool{block}")
    return tuple(names)


LAYERS = _layer_names()


class ImageNetNormalization(nn.Module):
    """Images (N, 3, H, W) in [0, 1] to zero mean and unit deviation over ImageNet."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.deviation


def convolutions(blocks: Sequence[Sequence[int]], pooling: Callable[[], nn.Module]) -> nn.Sequential:
    """VGG's convolutions by the widths of each block, every one followed by a ReLU and every block by a pooling."""
    modules: list[nn.Module] = []
    inputs = 3
    for widths in blocks:
        for width in widths:
            modules += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
            inputs = width
        modules.append(pooling())
    return nn.Sequential(*modules)


class VGG19Features(nn.Module):
    """Features of images under the names of the layers that make them, :data:`LAYERS`.

    A convolution's features are taken before its ReLU.

    Attributes:
        unused: prefixes of published keys that have no place here.
    """

    unused: ClassVar[tuple[str, ...]] = ("classifier.",)

    def __init__(self) -> None:
        super().__init__()
        self.normalize = ImageNetNormalization()
        self.features = convolutions(WIDTHS, partial(nn.MaxPool2d, 2))

    def forward(self, images: Tensor, wanted: Collection[str]) -> dict[str, Tensor]:
        """The features ``wanted`` by name of images (N, 3, H, W) in [0, 1], at least 16 x 16 px for the fifth block."""
        found: dict[str, Tensor] = {}
        x = self.normalize(images)
        for name, module in zip(LAYERS, self.features, strict=True):
            x = module(x)
            if name in wanted:
                found[name] = x
                if len(found) == len(wanted):
                    break
        return found
