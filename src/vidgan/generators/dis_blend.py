"""A small interpolator: motion that OpenCV finds is corrected, and six guesses at each pixel are weighed.

Own design, for training in minutes on a CPU: nothing is invented, every pixel is a mean of pixels of the two frames.
"""

import torch
from torch import Tensor, nn

from vidgan.generators.interpolation import Between, Interpolator, resized
from vidgan.ops.optical_flow import dis_flow
from vidgan.ops.warp import warp

_GUESSES = 6

#: Of what is taken from one frame, the shares of its guess by the motion found in the other frame, of that by the
#: motion found in the frame itself, and of the frame as it is: about what the baseline DIS does.
_SHARES = (0.9, 0.08, 0.02)


class DISBlend(Interpolator):
    """A softmax over both frames, warped by two approximations of motion, and both as they are.

    Motion between the frames is found by dense inverse search in both directions; each direction approximates the
    motion from the time between (Super SloMo, Jiang et al. 2018, equations 2 and 3). A U-Net at half the size corrects
    both and weighs the guesses. Untrained it blends as equation 3 does, with a little of the other guesses.

    Args:
        widths: channels of the three levels of the U-Net.
    """

    multiple = 8

    def __init__(self, widths: tuple[int, int, int] = (16, 32, 48)) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.first = _convs(3 * _GUESSES + 8 + 1, fine)
        self.down1, self.down2 = _convs(fine, middle, 2), _convs(middle, coarse, 2)
        self.up1, self.up2 = _convs(coarse + middle, middle), _convs(middle + fine, fine)
        self.head = nn.Conv2d(fine, _GUESSES + 8, 3, 1, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None, "a convolution has one unless it is told not to"
        nn.init.zeros_(self.head.bias)

    def between(self, first: Tensor, second: Tensor, time: Tensor, scale: float) -> Between:
        small = [resized(frame, scale) for frame in (first, second)]
        forth, back = (resized(dis_flow(*pair), 1 / scale) / scale for pair in (small, small[::-1]))
        motion = torch.cat([-time * forth, (1 - time) * forth, time * back, (time - 1) * back], 1)
        given = torch.cat([*_guesses(first, second, motion), motion / 10, time.expand(-1, 1, *first.shape[-2:])], 1)
        made = resized(self.head(self._features(resized(given, 0.5))), 2)
        motion = motion + made[:, _GUESSES:]
        guesses = torch.stack(_guesses(first, second, motion), 1)  # B G 3 H W
        weights = torch.softmax(made[:, :_GUESSES] + _prior(time).log(), 1)[:, :, None]  # B G 1 H W
        flow = torch.cat([(motion[:, :2] + motion[:, 4:6]) / 2, (motion[:, 2:4] + motion[:, 6:]) / 2], 1)
        return Between((weights * guesses).sum(1), flow, weights[:, 0::2].sum(1))

    def _features(self, x: Tensor) -> Tensor:
        fine = self.first(x)
        middle = self.down1(fine)
        up = self.up1(torch.cat([resized(self.down2(middle), 2), middle], 1))
        return self.up2(torch.cat([resized(up, 2), fine], 1))


def _guesses(first: Tensor, second: Tensor, motion: Tensor) -> list[Tensor]:
    """Six frames (B, 3, H, W), in turns of the first and of the second; motion (B, 8, H, W) is to either, twice."""
    to_first, to_second, again_first, again_second = motion.chunk(4, 1)
    warped = [warp(first, to_first, "border"), warp(second, to_second, "border")]
    return [*warped, warp(first, again_first, "border"), warp(second, again_second, "border"), first, second]


def _prior(time: Tensor) -> Tensor:
    """(B, G, 1, 1): the weights of the guesses before anything is learned, of times (B, 1, 1, 1)."""
    other, own, still = _SHARES
    second = time.clamp(1e-6, 1 - 1e-6)
    first = 1 - second
    return torch.cat([own * first, other * second, other * first, own * second, still * first, still * second], 1)


def _convs(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Two 3 x 3 convolutions, each with a leaky ReLU."""
    layers = (nn.Conv2d(inputs, outputs, 3, stride, 1), nn.Conv2d(outputs, outputs, 3, 1, 1))
    return nn.Sequential(*(module for layer in layers for module in (layer, nn.LeakyReLU(0.2))))
