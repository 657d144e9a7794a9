"""A video of another length at its own speed: its frames, with jumps where they show least (video textures, Schödl et
al. 2000).
"""

import torch
from torch import Tensor

THUMBNAIL = 32  # pixels a side, of what is compared of frames
_STEP = 1e-6  # cost of a jump between frames that are the same, so that none is made for nothing


def frame_path(frames: Tensor, count: int) -> list[int]:
    """The numbers of ``count`` frames that begin at the first frame and end at the last.

    Each is the one after the one before, or a jump; the sum of the squared differences between the frames that jumps
    show and those that would have followed is the least there is. They are compared with their neighbors, so that no
    motion turns round. A path as long as the video is the video.

    Args:
        frames: (N, 3, H, W), small ones will do.
        count: 1 or more.
    """
    total = len(frames)
    if count == total:
        return list(range(total))
    jumps = _jumps(frames)
    costs, steps = torch.full((total,), torch.inf, dtype=torch.float64), []
    costs[0] = 0
    for _ in range(count - 1):
        costs, before = (costs[:, None] + jumps).min(0)
        steps.append(before)
    path = [total - 1]
    for before in reversed(steps):
        path.append(int(before[path[-1]]))
    return path[::-1]


def _jumps(frames: Tensor) -> Tensor:
    """(N, N) what it costs to show one frame after another: nothing for the next, else how unlike the next it is."""
    total = len(frames)
    thumbs = torch.nn.functional.adaptive_avg_pool2d(frames.float(), THUMBNAIL).flatten(1).double()
    unlike = torch.cdist(thumbs, thumbs, compute_mode="donot_use_mm_for_euclid_dist").square() / thumbs.shape[1]
    moving = torch.stack([unlike.roll((step, step), (0, 1)) for step in (-1, 0, 1)]).mean(0)
    moving[:, [0, -1]] = unlike[:, [0, -1]]
    moving[[0, -1]] = unlike[[0, -1]]
    costs = torch.full((total, total), torch.inf, dtype=torch.float64)
    costs[:-1] = moving[1:] + _STEP
    costs[range(total - 1), range(1, total)] = 0
    costs[-1] = moving[-1] + _STEP  # after the last frame, what is most like it
    return costs
