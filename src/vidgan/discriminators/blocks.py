"""Parts that several discriminators share."""

from typing import Literal

from torch import Tensor, nn
from torch.nn.utils import spectral_norm

Norm = Literal["spectral", "batch", "instance", "none"]


def normalized(conv: nn.Conv2d, norm: Norm) -> list[nn.Module]:
    """The convolution and what normalizes it or its output.

    Raises:
        ValueError: there is no such norm.
    """
    match norm:
        case "spectral":
            return [spectral_norm(conv)]
        case "batch":
            return [conv, nn.BatchNorm2d(conv.out_channels)]
        case "instance":
            return [conv, nn.InstanceNorm2d(conv.out_channels)]
        case "none":
            return [conv]
    raise ValueError(f"norm is '{norm}', expected spectral, batch, instance or none")


def with_activations(
    layers: nn.Sequential, x: Tensor, kind: type[nn.Module] = nn.LeakyReLU
) -> tuple[Tensor, list[Tensor]]:
    """What layers make of ``x``, and what comes out of each of those of a kind, shallow to deep."""
    features = []
    for module in layers:
        x = module(x)
        if isinstance(module, kind):
            features.append(x)
    return x, features
