"""Is each limb where the pose says, in the color of its clothes? For persons whose parts are known exactly."""

import torch
from torch import Tensor

from vidgan.data.persons.capsules import LEFT_OF
from vidgan.metrics.base import Metric

_LEAST = 8  # pixels of a part that count as visible


class LimbColor(Metric):
    """Share of the visible parts, in per cent, whose mean made color is nearest to their own color.

    Each part's made color is averaged over the pixels where the real picture shows it, and compared with the colors
    of all parts and with the background there. What is blurred, misplaced or another's clothes counts as wrong;
    parts of similar color keep the real picture below 100. Not a number where no part is visible.
    """

    higher_is_better = True

    def __call__(self, fake: Tensor, parts: Tensor, palette: Tensor, background: Tensor) -> float:
        """
        Args:
            fake: (T, 3, H, W) in [0, 1].
            parts: (T, H, W), the part seen in each pixel of the real frames; below 0 is background.
            palette: (parts, 3) in [0, 1].
            background: (T, 3, H, W) in [0, 1].
        """
        right = []
        for frame, places, scene in zip(fake, parts, background, strict=True):
            for part, inside in _visible(places, len(palette)):
                color = frame[:, inside].mean(1)
                candidates = torch.cat([palette, scene[:, inside].mean(1)[None]])
                distances = (candidates - color).norm(dim=1)
                right.append(bool(distances[part] == distances.min()))
        return _per_cent(right)


class LeftRight(Metric):
    """Share of the visible limbs, in per cent, whose mean made color is nearer to their own than to the other side's.

    Chance is 50: a method that does not know left from right, or shows no limb, comes near it.
    """

    higher_is_better = True

    def __call__(self, fake: Tensor, parts: Tensor, palette: Tensor) -> float:
        """The arguments are those of :class:`LimbColor`."""
        other = {**LEFT_OF, **{left: right for right, left in LEFT_OF.items()}}
        right = []
        for frame, places in zip(fake, parts, strict=True):
            for part, inside in _visible(places, len(palette)):
                if part in other:
                    color = frame[:, inside].mean(1)
                    own, others = ((palette[index] - color).norm() for index in (part, other[part]))
                    right.append(bool(own < others))
        return _per_cent(right)


def _per_cent(right: list[bool]) -> float:
    return 100 * sum(right) / len(right) if right else float("nan")


def _visible(places: Tensor, parts: int) -> list[tuple[int, Tensor]]:
    masks = [(part, places == part) for part in range(parts)]
    return [(part, inside) for part, inside in masks if int(inside.sum()) >= _LEAST]
