"""One person in two poses, as the sample that pose transfer trains on and is scored with."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidgan.data.clip import Clip


@dataclass(frozen=True)
class Person:
    """A picture of a person.

    Attributes:
        frame: (H, W, 3) uint8 RGB.
        keypoints: (18, 2) float32 (x, y) in pixels, OpenPose's order; integer coordinates are centres of pixels, NaN is
            missing.
        mask: (H, W) uint8, 255 on the person.
    """

    frame: NDArray[np.uint8]
    keypoints: NDArray[np.float32]
    mask: NDArray[np.uint8]


def pair(
    source: Person,
    target: Person,
    name: str,
    randomness: int,
    wrong: NDArray[np.float32] | None = None,
    **conditions: Tensor,
) -> Clip:
    """A batch of one pair: the target as the clip of one frame, the source among the conditions.

    Args:
        source, target: the same person.
        name: of the pair.
        randomness: see :class:`Clip`.
        wrong: (18, 2) key points of a pose that is not the target's, for the control by that name; None in training.
        conditions: further conditions, each with a batch of one first.

    Returns:
        ``frames`` (1, 1, 3, H, W), ``keypoints`` (1, 1, 18, 2) and ``masks`` (1, 1, 1, H, W) of the target; conditions
        ``source`` (1, 1, 3, H, W), ``source_keypoints`` and, where given, ``wrong_keypoints`` (1, 1, 18, 2).
    """
    if wrong is not None:
        conditions["wrong_keypoints"] = torch.from_numpy(wrong)[None, None]
    return Clip(
        frames=_frames(target.frame),
        names=[name],
        randomness=torch.tensor([randomness], dtype=torch.int64),
        keypoints=torch.from_numpy(target.keypoints)[None, None],
        masks=torch.from_numpy(target.mask)[None, None, None],
        conditions={
            "source": _frames(source.frame),
            "source_keypoints": torch.from_numpy(source.keypoints)[None, None],
            **conditions,
        },
    )


def _frames(picture: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None, None]
