"""One person in several poses, as the sample that pose transfer and animation train on and are scored with."""

from collections.abc import Sequence
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
    seed: int,
    wrong: NDArray[np.float32] | None = None,
    **conditions: Tensor,
) -> Clip:
    """A batch of one pair: the target as the clip of one frame, the source among the conditions.

    Args:
        source, target: the same person.
        name: of the pair.
        seed: see :class:`Clip`.
        wrong: (18, 2) key points of a pose that is not the target's, for the control by that name; None in training.
        conditions: further conditions, each with a batch of one first.

    Returns:
        :func:`animation` with T = 1.
    """
    return animation(source, [target], name, seed, None if wrong is None else wrong[None], **conditions)


def animation(
    source: Person,
    targets: Sequence[Person],
    name: str,
    seed: int,
    wrong: NDArray[np.float32] | None = None,
    **conditions: Tensor,
) -> Clip:
    """A batch of one clip: the same person in T poses, and a source picture among the conditions.

    Returns:
        ``frames`` (1, T, 3, H, W) and ``keypoints`` (1, T, 18, 2) of the targets; conditions ``mask`` (1, T, 1, H, W)
        of the targets, ``source`` (1, 1, 3, H, W), ``source_keypoints`` (1, 1, 18, 2) and, where given,
        ``wrong_keypoints`` (1, T, 18, 2).
    """
    if wrong is not None:
        conditions["wrong_keypoints"] = torch.from_numpy(wrong)[None]
    return Clip(
        frames=pictures([target.frame for target in targets]),
        names=[name],
        seeds=torch.tensor([seed], dtype=torch.int64),
        keypoints=torch.from_numpy(np.stack([target.keypoints for target in targets]))[None],
        conditions={
            "source": pictures([source.frame]),
            "source_keypoints": torch.from_numpy(source.keypoints)[None, None],
            "mask": torch.from_numpy(np.stack([target.mask for target in targets]))[None, :, None],
            **conditions,
        },
        aligned=frozenset({"mask"}),
    )


def pictures(frames: Sequence[NDArray[np.uint8]]) -> Tensor:
    """T frames (H, W, 3) as a batch of one clip, (1, T, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(np.stack(frames).transpose(0, 3, 1, 2)))[None]
