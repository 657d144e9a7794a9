"""Augmentation of whole clips: all frames of a sample, and all that is aligned with them, are transformed as one."""

import os
import random
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vidgan.data.mixing import Mixing
from vidgan.randomness import mix
from vidgan.video.reader import Frames

if TYPE_CHECKING:
    import albumentations

#: The orders of color channels that a sample may come in, all as likely.
_ORDERS = {"kept": ((0, 1, 2),), "reversed": ((0, 1, 2), (2, 1, 0)), "shuffled": tuple(permutations(range(3)))}


@dataclass
class Augmentation:
    """Random flips, quarter turns, changes of color and of direction of a clip; the same for all of its frames.

    Args:
        flip: mirror half of the samples left to right.
        rotate: turn by none to three quarters, all as likely.
        color_jitter: largest relative change of brightness, contrast and saturation; of hue a tenth of it. 0 for none.
        reverse: play half of the samples backwards.
        colors: the order of channels: ``kept`` is RGB, ``reversed`` makes half of the samples BGR, ``shuffled`` brings
            all six orders.
        mixup, cutmix: of :class:`vidgan.data.mixing.Mixing`, probabilities with which a sample is mixed with another.

    Raises:
        ValueError: colors is none of these words, or the probabilities are none.
    """

    flip: bool = True
    rotate: bool = True
    color_jitter: float = 0.0
    reverse: bool = False
    colors: Literal["kept", "reversed", "shuffled"] = "kept"
    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self) -> None:
        self.mixing = Mixing(self.mixup, self.cutmix)
        if self.colors not in _ORDERS:
            raise ValueError(f"colors is {self.colors!r}; it must be one of {', '.join(_ORDERS)}")

    def __call__(self, seed: int, frames: Frames) -> Frames:
        """The sample that ``seed`` makes of a clip.

        Args:
            seed: everything random follows from it.
            frames: (T, H, W, 3) uint8 RGB; or (T, H, W, 1), a map whose values say something: it is moved as pictures
                are, its values stay.

        Returns:
            The same shape and type.
        """
        if self.reverse and mix(seed, "reverse") % 2:
            frames = frames[::-1]
        picture = frames.shape[-1] == 3
        if picture:
            orders = _ORDERS[self.colors]
            frames = frames[..., orders[mix(seed, "colors") % len(orders)]]
        transform = self._of_pictures if picture else self._of_maps
        # Not set_random_seed: it gives every transform the same draws, so that all flips come together or not at all.
        transform.set_random_state(np.random.default_rng(seed), random.Random(seed))
        return np.ascontiguousarray(transform(images=np.ascontiguousarray(frames))["images"])

    @cached_property
    def _of_pictures(self) -> "albumentations.Compose":
        return self._transform(self.color_jitter)

    @cached_property
    def _of_maps(self) -> "albumentations.Compose":
        return self._transform(0)

    def _transform(self, color: float) -> "albumentations.Compose":
        os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # otherwise it asks the network for a newer version
        import albumentations  # takes 1.8 s, so not before it is needed

        transforms: list[Any] = []
        if self.flip:
            transforms.append(albumentations.HorizontalFlip(p=0.5))
        if self.rotate:
            transforms.append(albumentations.RandomRotate90(p=1.0))
        if color:  # last, so that the others draw the same without it
            change, hue = (1 - color, 1 + color), (-color / 10, color / 10)
            transforms.append(albumentations.ColorJitter(change, change, change, hue, p=1.0))
        return albumentations.Compose(transforms)
