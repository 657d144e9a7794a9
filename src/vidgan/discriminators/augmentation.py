"""Augmentation before a discriminator, of real and made clips alike, so that few clips are not learned by heart.

After ADA (Karras et al. 2020, "Training generative adversarial networks with limited data"): what is done with a
probability well below 1 can be undone in distribution, so the generator does not learn to do it.
"""

import torch
from torch import Tensor, nn

from vidgan.errors import UserError
from vidgan.randomness import uniform


class ClipAugmentation(nn.Module):
    """Shifts, brightness and contrast, each with a probability, the same for all frames of a clip; differentiable.

    Without flips and turns: a motion to the right and one to the left may be different classes.

    Args:
        probability: of each change, below 0.8, above which it would leak into what is made.
        shift: the farthest, as a share of the frame; what comes in at the border repeats it.
        brightness: the most that is added.
        contrast: the most by which the distance from mid-gray grows or shrinks, as a share.

    Raises:
        UserError: the probability would leak.
    """

    def __init__(
        self, probability: float = 0.3, shift: float = 0.125, brightness: float = 0.2, contrast: float = 0.3
    ) -> None:
        super().__init__()
        if not 0 <= probability < 0.8:
            raise UserError(f"probability={probability}: expected 0 or more and below 0.8, above which it leaks")
        self.probability, self.shift = probability, shift
        self.brightness, self.contrast = brightness, contrast

    def forward(self, frames: Tensor, seeds: Tensor) -> Tensor:
        """Clips (B, T, C, H, W), each changed as follows from its seed."""
        frames = self._shifted(frames, seeds)
        lighter = self.brightness * self._drawn(seeds, "augmented brightness")
        stronger = 1 + self.contrast * self._drawn(seeds, "augmented contrast")
        return (frames - 0.5) * stronger.to(frames) + 0.5 + lighter.to(frames)

    def _drawn(self, seeds: Tensor, what: str) -> Tensor:
        """(B, 1, 1, 1, 1) in [-1, 1), 0 where nothing is done."""
        done, amount = uniform(seeds, what, 2).unbind(1)
        return ((2 * amount - 1) * (done < self.probability))[:, None, None, None, None]

    def _shifted(self, frames: Tensor, seeds: Tensor) -> Tensor:
        for axis, what in ((-2, "augmented rows"), (-1, "augmented columns")):
            side = frames.shape[axis]
            steps = (self._drawn(seeds, what).flatten() * self.shift * side).round().long()
            places = (torch.arange(side, device=frames.device) - steps[:, None]).clamp(0, side - 1)
            shape = [len(frames), 1, 1, 1, 1]
            shape[axis] = side
            frames = frames.gather(axis, places.view(shape).expand(frames.shape))
        return frames
