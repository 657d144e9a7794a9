"""Augmentation of whole clips: frames, masks and key points of a sample are transformed as one."""

import os
import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vidgan.video.reader import Frames

if TYPE_CHECKING:
    import albumentations


@dataclass
class Augmentation:
    """Random flips, quarter turns and colour changes of a clip; the same for all of its frames.

    Args:
        flip: mirror half of the samples left to right. Left and right key points are mirrored, not swapped.
        rotate: turn by none to three quarters, all as likely.
        colour: largest relative change of brightness, contrast and saturation; of hue a tenth of it. 0 for none.
    """

    flip: bool = True
    rotate: bool = True
    colour: float = 0.0

    def __call__(
        self,
        seed: int,
        frames: Frames,
        masks: Frames | None = None,
        keypoints: NDArray[np.float32] | None = None,
    ) -> dict[str, NDArray[Any]]:
        """The sample that ``seed`` makes of a clip; key points that leave the frame are kept.

        Args:
            seed: everything random follows from it.
            frames: (T, H, W, 3) uint8 RGB.
            masks: (T, H, W) uint8.
            keypoints: (T, K, 2) as (x, y) in pixels; integer coordinates are centres of pixels.

        Returns:
            "frames", "masks" and "keypoints", those that were given, in the same shapes and types.
        """
        given: dict[str, Any] = {"images": frames}
        if masks is not None:
            given["masks"] = masks
        if keypoints is not None:
            given["keypoints"] = keypoints.reshape(-1, 2)
        # Not set_random_seed: it gives every transform the same draws, so that all flips come together or not at all.
        self._transform.set_random_state(np.random.default_rng(seed), random.Random(seed))
        made = self._transform(**given)
        result = {"frames": np.ascontiguousarray(made["images"])}
        if masks is not None:
            result["masks"] = np.ascontiguousarray(made["masks"])
        if keypoints is not None:
            result["keypoints"] = np.asarray(made["keypoints"], np.float32).reshape(keypoints.shape)
        return result

    @cached_property
    def _transform(self) -> "albumentations.Compose":
        os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # otherwise it asks the network for a newer version
        import albumentations  # takes 1.8 s, so not before it is needed

        transforms: list[Any] = []
        if self.flip:
            transforms.append(albumentations.HorizontalFlip(p=0.5))
        if self.rotate:
            transforms.append(albumentations.RandomRotate90(p=1.0))
        if self.colour:
            change = (1 - self.colour, 1 + self.colour)
            hue = (-self.colour / 10, self.colour / 10)
            transforms.append(albumentations.ColorJitter(change, change, change, hue, p=1.0))
        moves = self.flip or self.rotate  # it warns of key points that nothing would move
        keypoints = albumentations.KeypointParams(format="xy", remove_invisible=False) if moves else None
        return albumentations.Compose(transforms, keypoint_params=keypoints)
