"""How many bytes of gradients DDP hands to its process group."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook


class ReducedBytes:
    """Counts through a communication hook of DDP that reduces as DDP does without one."""

    def __init__(self) -> None:
        self.total = 0

    def hook(self, state: Any, bucket: dist.GradBucket) -> torch.futures.Future[Tensor]:
        buffer = bucket.buffer()
        self.total += buffer.numel() * buffer.element_size()
        return allreduce_hook(state, bucket)
