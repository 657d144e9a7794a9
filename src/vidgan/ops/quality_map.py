"""How coarsely was it coded? The plane in which networks are told."""

import torch
from torch import Tensor

COARSEST = 51  # rate factor of H.264 and H.265


def with_quality_map(frames: Tensor, crf: Tensor | float) -> Tensor:
    """(B, T, 3, H, W) to (B, T, 4, H, W): frames and, in the fourth channel, the codec's rate factor over 51.

    Args:
        frames: as they were decoded, in [0, 1].
        crf: constant rate factor or quantizer, a number or (B,).
    """
    level = torch.as_tensor(crf, dtype=frames.dtype, device=frames.device) / COARSEST
    plane = level.view(-1, 1, 1, 1, 1).expand(len(frames), frames.shape[1], 1, *frames.shape[-2:])
    return torch.cat([frames, plane], dim=2)
