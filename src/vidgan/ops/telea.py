"""Holes in single pictures, filled from their rim inwards by OpenCV (Telea 2004, "An image inpainting technique")."""

import cv2
import numpy as np
import torch
from torch import Tensor

from vidgan.ops.propagation import smooth_fill

_RADIUS = 3  # of the neighborhood in pixels, OpenCV's own example


def telea_fill(frames: Tensor, masks: Tensor) -> Tensor:
    """Each frame by itself, of 8 bits; it is computed on the CPU.

    Args:
        frames: (N, 3, H, W) in [0, 1]; what is in holes does not matter.
        masks: (N, 1, H, W), 1 in holes.

    Returns:
        (N, 3, H, W); on the meta device without content.
    """
    if frames.is_meta:
        return torch.empty_like(frames)
    # At the frame's own rim OpenCV also reads what is in a hole.
    seen = smooth_fill(frames * (1 - masks), 1 - masks)
    images = (seen.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    holes = (masks[:, 0] > 0).byte().cpu().numpy()
    filled = [
        cv2.inpaint(np.ascontiguousarray(image), hole, _RADIUS, cv2.INPAINT_TELEA) if hole.any() else image
        for image, hole in zip(images, holes, strict=True)
    ]
    return torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2).to(frames) / 255
