"""Augmentation of whole clips: all frames of a sample, and all that is aligned with them, are transformed as one."""

import os
import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from vidgan.video.reader import Frames

if TYPE_CHECKING:
    import albumentations


@dataclass
class Augmentation:
    """Random flips, quarter turns and color changes of a clip; the same for all of its frames.

    Args:
        flip: mirror half of the samples left to right.
        rotate: turn by none to three quarters, all as likely.
        color_jitter: largest relative change of brightness, contrast and saturation; of hue a tenth of it. 0 for none.
    """

    flip: bool = True
    rotate: bool = True
    color_jitter: float = 0.0

    def __call__(self, seed: int, frames: Frames) -> Frames:
        """The sample that ``seed`` makes of a clip.

        Args:
            seed: everything random follows from it.
            frames: (T, H, W, 3) uint8 RGB; or (T, H, W, 1), a map whose values say something: it is moved as pictures
                are, its values stay.

        Returns:
            The same shape and type.
        """
        transform = self._of_maps if frames.shape[-1] == 1 else self._of_pictures
        # Not set_random_seed: it gives every transform the same draws, so that all flips come together or not at all.
        transform.set_random_state(np.random.default_rng(seed), random.Random(seed))
        return np.ascontiguousarray(transform(images=frames)["images"])

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
