"""MoCoGAN (Tulyakov et al. 2018, "MoCoGAN: decomposing motion and content for video generation")."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.randomness import normal

_SMALLEST = 4  # pixels a side of what the first layer makes


class MoCoGAN(nn.Module):
    """A frame is made of noise that stays, the content, of noise that a GRU turns into motion, and of the class.

    Its keys are those of the published implementation; at 64 px with six classes it has 3,298,836 parameters.

    Args:
        classes: names of the classes; empty makes whatever there is.
        size: height and width of a frame, a power of two.
        channels: of the last hidden layer; each before it has twice as many.
        content, motion: lengths of the two kinds of noise.

    Raises:
        UserError: the size is none that doubling four pixels gives, or a class is there twice.
    """

    def __init__(
        self,
        classes: Sequence[str] = (),
        size: int = 64,
        channels: int = 64,
        content: int = 50,
        motion: int = 10,
    ) -> None:
        super().__init__()
        doublings = round(math.log2(max(1, size) / _SMALLEST))
        if doublings < 1 or _SMALLEST << doublings != size:
            raise UserError(f"networks.generator.size={size}: expected 8, 16, 32, 64 or a larger power of two")
        if len({*classes}) < len(classes):
            raise UserError(f"networks.generator.classes: {', '.join(classes)} has a class twice")
        self.classes, self.size, self.content, self.motion = list(classes), size, content, motion
        self.recurrent = nn.GRUCell(motion, motion)
        widths = [channels << (doublings - 1 - level) for level in range(doublings)]
        layers: list[nn.Module] = [nn.ConvTranspose2d(content + len(classes) + motion, widths[0], 4, bias=False)]
        for inputs, outputs in zip(widths, [*widths[1:], 3], strict=True):
            layers += [nn.BatchNorm2d(inputs), nn.ReLU(inplace=True)]
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)]
        self.main = nn.Sequential(*layers, nn.Tanh())

    def noise(self, seeds: Tensor, frames: int, start: int = 0) -> dict[str, Tensor]:
        """What :meth:`forward` is given beside the class, a function of each seed.

        Args:
            seeds: (B,) int64.
            frames: T.
            start: frames before these; the noise of a video can be drawn one part after the other.
        """
        return {
            "content": normal(seeds, "content", self.content),
            "beginning": normal(seeds, "beginning", self.motion),
            "motion": normal(seeds, "motion", frames, self.motion, start=start),
        }

    def forward(self, content: Tensor, beginning: Tensor, motion: Tensor, label: Tensor | None = None) -> Tensor:
        """Frames (B, T, 3, H, W) in [0, 1].

        Args:
            content: (B, content) standard normal noise.
            beginning: (B, motion) likewise, the GRU's state before the first frame.
            motion: (B, T, motion) likewise, what moves it on.
            label: (B,) numbers of classes; None without classes.
        """
        return self.stream(content, beginning, motion, label)[0]

    def stream(
        self, content: Tensor, beginning: Tensor, motion: Tensor, label: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """:meth:`forward`, and the state after the last frame, with which the next frames begin."""
        states, state = [], beginning
        for moved in motion.unbind(1):
            state = self.recurrent(moved, state)
            states.append(state)
        still = [content] if label is None else [content, F.one_hot(label, len(self.classes)).to(content)]
        parts = [part[:, None].expand(-1, motion.shape[1], -1) for part in still]
        # The published order: content, class, motion.
        code = torch.cat([*parts, torch.stack(states, 1).to(content)], -1)
        made = self.main(code.flatten(0, 1)[..., None, None])
        return (made.float() + 1).div(2).unflatten(0, motion.shape[:2]), state

    def numbers(self, names: Sequence[Any]) -> list[int]:
        """The labels of classes by name.

        Raises:
            UserError: there is no such class; the text names those there are.
        """
        if unknown := [str(name) for name in names if name not in self.classes]:
            there = ", ".join(self.classes) or "none, as this generator was trained without classes"
            raise UserError(f"classes={','.join(unknown)}: there is no such class; there are {there}.")
        return [self.classes.index(name) for name in names]
