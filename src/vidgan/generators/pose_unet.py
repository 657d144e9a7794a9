"""What limb transport paints with, for pictures and for videos."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.generators.blocks import ResidualBlock, conv3x3, init_small
from vidgan.generators.memories.base import Memory, State

_CONFIDENCE = 2.0  # in where the person is


class PoseUNet(nn.Module):
    """A small U-Net over three sizes: the pose enters at half of it, and a memory, where there is one, at a quarter.

    Args:
        channels: width at full size; twice and three times that at a half and a quarter.
        outputs: channels of the result.
        memory: called with a number of channels, makes the model of time; None makes each frame by itself.
    """

    #: Keys of before the U-Net was a part of its own.
    aliases: ClassVar[tuple[tuple[str, str], ...]] = ((r"^((down|body|up|skip)\d|last)\.", r"unet.\1."),)

    def __init__(self, channels: int, outputs: int, memory: Callable[[int], Memory] | None = None) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(channels, 2 * channels, 3, 2, padding=1)
        self.body1 = ResidualBlock(2 * channels)
        self.down2 = nn.Conv2d(2 * channels, 3 * channels, 3, 2, padding=1)
        self.body2 = ResidualBlock(3 * channels)
        self.memory = None if memory is None else memory(3 * channels)
        self.up1 = conv3x3(3 * channels, 2 * channels)
        self.skip1 = conv3x3(2 * channels, 2 * channels)
        self.up0 = conv3x3(2 * channels, channels)
        self.skip0 = conv3x3(channels, channels)
        self.last = conv3x3(channels, outputs)
        init_small(self.last)

    def forward(
        self, x: Tensor, pose: Tensor, frames: int = 1, state: State | None = None
    ) -> tuple[Tensor, State | None]:
        """
        Args:
            x: (B * frames, channels, H, W).
            pose: (B * frames, 2 * channels, ceil(H / 2), ceil(W / 2)).
            frames: of each video.
            state: of the memory after the frames before; None starts a video.

        Returns:
            (B * frames, outputs, H, W), and the state after the last frame.
        """
        half = self.body1(F.relu(self.down1(x) + pose))
        quarter = self.body2(F.relu(self.down2(half)))
        if self.memory is not None:
            remembered, state = self.memory(quarter.unflatten(0, (-1, frames)), state)
            quarter = quarter + remembered.flatten(0, 1)
        y = F.relu(F.interpolate(self.up1(quarter), size=half.shape[-2:]) + self.skip1(half))
        return self.last(F.relu(F.interpolate(self.up0(y), size=x.shape[-2:]) + self.skip0(x))), state


def mixture(made: Tensor, place: Tensor, carried: Sequence[Tensor], scene: Tensor) -> Tensor:
    """Every pixel a mixture of what is painted, of what limbs carry, and of the scene.

    To begin with, limbs are believed where they are and the scene elsewhere: the scene alone is right nearly
    everywhere, and otherwise its share grows until nothing else has a gradient.

    Args:
        made: (N, 3 + 2 + len(carried), H, W), the painted color and a logit for each choice.
        place: (N, limbs, H, W), see :func:`vidgan.generators.limb_transport.capsules`.
        carried: colors (N, 3, H, W) in [-1, 1], each as limbs bring it along.
        scene: likewise, without the person.

    Returns:
        (N, 3, H, W) in [0, 1], or a little beyond while it trains.
    """
    painted, logits = made.split([3, 2 + len(carried)], dim=1)
    person = _CONFIDENCE * (2 * place.amax(1, keepdim=True) - 1)
    expected = torch.cat([torch.zeros_like(person), *[person] * len(carried), -person], dim=1)
    choices = torch.stack([painted, *carried, scene], dim=1)
    return (((logits + expected).softmax(1)[:, :, None] * choices).sum(1) + 1) / 2
