"""RIFE (Huang et al. 2022, "Real-time intermediate flow estimation for video frame interpolation"), version 4.

Motion from the made frame to its two neighbours is found directly, coarse to fine, and both are warped by it. The
versions differ in how a block is built and in what it is handed beside the frames.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from vidgan.generators.base import Shapes
from vidgan.generators.interpolation import Between, Interpolator, resized
from vidgan.ops.warp import warp

Version = Literal["4.0", "4.6", "4.25"]


@dataclass(frozen=True)
class _Plan:
    """What tells versions apart.

    Attributes:
        channels: of each block, coarse to fine.
        features: channels of learned features that are warped beside the frames.
        handed: channels that each block hands to the next.
        scaled: residual convolutions with a learned scale and leaky ReLUs; else plain ones with PReLUs.
        accumulates: whether each block corrects the weights of the one before; else it replaces them.
        multiple: of sides.
    """

    channels: tuple[int, ...] = (192, 128, 96, 64)
    features: int = 0
    handed: int = 0
    scaled: bool = True
    accumulates: bool = True
    multiple: int = 32


_PLANS: dict[str, _Plan] = {
    "4.0": _Plan(scaled=False),
    "4.6": _Plan(),
    "4.25": _Plan((192, 128, 96, 64, 32), features=4, handed=8, accumulates=False, multiple=64),
}


@dataclass(frozen=True)
class _Stage:
    """What is known after a block: motion (B, 4, H, W), the logit (B, 1, H, W) of weights, and what is warped by it."""

    flow: Tensor
    logit: Tensor
    warped: Tensor

    @property
    def weight(self) -> Tensor:
        return torch.sigmoid(self.logit)

    @property
    def frame(self) -> Tensor:
        weight = self.weight
        return weight * self.warped[:, :3] + (1 - weight) * self.warped[:, 3:6]


class RIFE(Interpolator):
    """RIFE's IFNet in the versions 4.0, 4.6 and 4.25, with their keys.

    4.0 and 4.1 are one network, and 4.25 and 4.26. Version 4.0 as published looks a second time, in smaller frames,
    where motion exceeds 32 pixels on average; here ``scale=0.5`` does.

    Args:
        version: of the architecture.
        taught: with the privileged block, which sees the true frame in training and corrects what the others found
            (section 3.4); it is as large as that of the published file of 4.0.

    Raises:
        ValueError: a version that has no teacher is to be taught.
    """

    unused: tuple[str, ...] = ("block_tea.", "contextnet.", "unet.", "teacher.", "caltime.")

    def __init__(self, version: Version = "4.6", taught: bool = False) -> None:
        super().__init__()
        plan = _PLANS[version]
        self.plan = plan
        self.multiple = plan.multiple
        known = 7 + 2 * plan.features
        for index, channels in enumerate(plan.channels):
            inputs = known if index == 0 else known + 1 + plan.handed + 4
            self.add_module(f"block{index}", IFBlock(inputs, channels, plan.handed, plan.scaled))
        if plan.features:
            self.encode = Head(plan.features)
        if taught and plan.features:
            raise ValueError(f"RIFE {version} has no teacher; choose version 4.0 or 4.6, or taught=false")
        self.taught = taught
        if taught:
            self.block_tea = IFBlock(5 * 3 + 2 + 4, plan.channels[-1], 0, plan.scaled)
            self.unused = tuple(prefix for prefix in type(self).unused if prefix != "block_tea.")

    def between(self, first: Tensor, second: Tensor, time: Tensor, scale: float) -> Between:
        for stage in self._stages(first, second, time, scale):  # noqa: B007 - the last counts
            pass
        return Between(stage.frame, stage.flow, stage.weight)

    def learn(self, first: Tensor, second: Tensor, time: Tensor, truth: Tensor) -> dict[str, Any]:
        """See :class:`Interpolator`; ``stage_frames`` and ``stage_flows`` of each block, and those of the teacher."""
        height, width = first.shape[-2:]
        first, second, truth = self._padded(first, second, truth)
        time = time.view(-1, 1, 1, 1)
        stages = list(self._stages(first, second, time, 1))
        last, times = stages[-1], time.expand(-1, 1, *first.shape[-2:])
        # Time stands before the weights as in the other blocks; the paper's own teacher is not told of any.
        shown = torch.cat([first, second, last.warped, times, last.logit, truth], 1)
        change, more, _ = self.block_tea(shown, last.flow, 1)
        flow = last.flow + change
        teacher = _Stage(flow, last.logit + more, self._warped(torch.cat([first, second], 1), flow))

        def cut(part: Tensor) -> Tensor:
            return part[..., :height, :width]

        return {
            "frame": cut(last.frame),
            "flow": cut(last.flow),
            "stage_frames": [cut(stage.frame) for stage in stages],
            "stage_flows": [cut(stage.flow) for stage in stages],
            "taught_frame": cut(teacher.frame),
            "taught_flow": cut(teacher.flow),
        }

    def _stages(self, first: Tensor, second: Tensor, time: Tensor, scale: float) -> Iterator[_Stage]:
        """Coarse to fine."""
        frames = torch.cat([first, second], 1)
        seen = frames
        if self.plan.features:
            seen = torch.cat([frames, self.encode(first), self.encode(second)], 1)
        times = time.expand(-1, 1, *first.shape[-2:])
        flow, logit, handed = first.new_zeros(len(first), 4, *first.shape[-2:]), None, None
        warped = seen
        for index in range(count := len(self.plan.channels)):
            block: IFBlock = self.get_submodule(f"block{index}")  # type: ignore[assignment]  # so named above
            if logit is None:
                change, logit, handed = block(torch.cat([seen, times], 1), None, 2 ** (count - 1) / scale)
            else:
                given = [part for part in (warped, times, logit, handed) if part is not None]
                change, more, handed = block(torch.cat(given, 1), flow, 2 ** (count - 1 - index) / scale)
                logit = logit + more if self.plan.accumulates else more
            flow = flow + change
            warped = self._warped(seen, flow)
            yield _Stage(flow, logit, warped)

    @staticmethod
    def _warped(seen: Tensor, flow: Tensor) -> Tensor:
        """Both frames, and both frames' features, at the time of the made one."""
        parts = [*seen[:, :6].chunk(2, 1), *(seen[:, 6:].chunk(2, 1) if seen.shape[1] > 6 else ())]
        return torch.cat([warp(part, flow[:, 2 * (i % 2) :][:, :2], "border") for i, part in enumerate(parts)], 1)

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        last = "block0.lastconv.weight" if "block0.lastconv.weight" in shapes else "block0.lastconv.0.weight"
        return {"version": {5: "4.0", 24: "4.6", 52: "4.25"}[shapes[last][1]]}


class IFBlock(nn.Module):
    """Corrects motion and weights, in frames that are smaller by a factor.

    Args:
        inputs: channels, motion included.
        channels: inside.
        handed: channels for the next block.
        scaled: see the versions.
    """

    def __init__(self, inputs: int, channels: int, handed: int, scaled: bool) -> None:
        super().__init__()
        self.scaled = scaled
        self.conv0 = nn.Sequential(_conv(inputs, channels // 2, 2, scaled), _conv(channels // 2, channels, 2, scaled))
        if scaled:
            self.convblock = nn.Sequential(*(ResConv(channels) for _ in range(8)))
            outputs = 6 if handed == 0 else 5 + handed  # 4.6 has one that is not used
            growing = nn.ConvTranspose2d(channels, 4 * outputs, 4, 2, 1)
            self.lastconv: nn.Module = nn.Sequential(growing, nn.PixelShuffle(2))
        else:
            self.convblock = nn.Sequential(*(_conv(channels, channels, 1, scaled) for _ in range(8)))
            self.lastconv = nn.ConvTranspose2d(channels, 5, 4, 2, 1)
        self.handed = handed

    def forward(self, x: Tensor, flow: Tensor | None, factor: float) -> tuple[Tensor, Tensor, Tensor | None]:
        """The change of motion (B, 4, H, W), the logit (B, 1, H, W) of weights, and what is handed on.

        Args:
            x: (B, C, H, W).
            flow: (B, 4, H, W) motion so far; None at the beginning.
            factor: how many times smaller the frames are that it looks at.
        """
        size = x.shape[-2:]
        x = resized(x, 1 / factor)
        if flow is not None:
            x = torch.cat([x, resized(flow, 1 / factor) / factor], 1)
        x = self.conv0(x)
        x = self.lastconv(self.convblock(x) if self.scaled else self.convblock(x) + x)
        grown = size[-1] / x.shape[-1]
        x = resized(x, grown)
        return x[:, :4] * grown, x[:, 4:5], x[:, 5:] if self.handed else None


class ResConv(nn.Module):
    """A convolution with a learned scale, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)
        self.beta = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.relu = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv(x) * self.beta + x)


class Head(nn.Module):
    """Features (B, features, H, W) of a frame (B, 3, H, W), as of version 4.25."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.cnn0 = nn.Conv2d(3, 16, 3, 2, 1)
        self.cnn1 = nn.Conv2d(16, 16, 3, 1, 1)
        self.cnn2 = nn.Conv2d(16, 16, 3, 1, 1)
        self.cnn3 = nn.ConvTranspose2d(16, features, 4, 2, 1)
        self.relu = nn.LeakyReLU(0.2)

    def forward(self, frame: Tensor) -> Tensor:
        return self.cnn3(self.relu(self.cnn2(self.relu(self.cnn1(self.relu(self.cnn0(frame)))))))


def _conv(inputs: int, outputs: int, stride: int, leaky: bool) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.LeakyReLU(0.2) if leaky else nn.PReLU(outputs))
