"""Networks that compute the same bits everywhere: in double precision all is fixed point, and no sum is ever rounded.

A decoder that computes one probability otherwise than the encoder did reads noise from there on, and float convolutions
differ by the order of their sums: with the number of threads, the memory's layout, the device. Here weights and
activations of double tensors are multiples of :data:`STEP` and bounded, so that every product and every sum is exact in
the 53 bits of a double, in any order. Of float tensors the same layers are ordinary ones, which train.
"""

from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.generators.blocks import init_small

STEP = 2.0**-12
LARGEST = 2.0**11  # of an activation
_MOST = 2.0**53 * STEP * STEP  # what a sum of products of multiples of STEP may come to, and be exact
_SLOPE = 2.0**-3

Network = TypeVar("Network", bound=nn.Module)


def on_grid(x: Tensor) -> Tensor:
    """Doubles as the nearest multiples of :data:`STEP`, at most :data:`LARGEST`; floats as they are."""
    if x.dtype != torch.float64:
        return x
    return (x / STEP).round_().mul_(STEP).clamp_(-LARGEST, LARGEST)


class FixedConv2d(nn.Conv2d):
    """A convolution whose doubles are fixed point."""

    def forward(self, x: Tensor) -> Tensor:
        return on_grid(super().forward(x))


class FixedLeakyReLU(nn.Module):
    """A leaky ReLU whose slope, 1/8, is a power of two."""

    def forward(self, x: Tensor) -> Tensor:
        return on_grid(F.leaky_relu(x, _SLOPE))


class FixedResidualBlock(nn.Module):
    """conv, leaky ReLU, conv, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = FixedConv2d(channels, channels, 3, padding=1)
        self.act = FixedLeakyReLU()
        self.conv2 = FixedConv2d(channels, channels, 3, padding=1)
        init_small(self.conv2)

    def forward(self, x: Tensor) -> Tensor:
        return on_grid(x + self.conv2(self.act(self.conv1(x))))


def fixed(network: Network) -> Network:
    """A copy of a network that computes in fixed point, given doubles that are multiples of :data:`STEP`.

    Raises:
        UserError: its weights are not finite, or so large that a sum could be rounded.
    """
    copy = deepcopy(network).double().eval().requires_grad_(False)
    for name, parameter in copy.named_parameters():
        if not parameter.isfinite().all() or parameter.abs().max() > LARGEST:
            raise UserError(
                f"The weights {name} are not finite, or too large for fixed point; train with a lower rate."
            )
        parameter.copy_(on_grid(parameter))
    for name, module in copy.named_modules():
        if isinstance(module, nn.Conv2d) and LARGEST * module.weight.abs().sum((1, 2, 3)).max() + LARGEST >= _MOST:
            raise UserError(f"The weights of {name} are too large for fixed point; train with a lower rate.")
    return copy
