"""How many bytes of gradients DDP hands to its process group."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook


class ReducedBytes:
    """A communication hook of DDP that counts, and reduces as DDP does without a hook."""

    def __init__(self) -> None:
        self.total = 0
        self.__name__ = type(self).__name__  # DDP asks for what only functions have
        self.__annotations__ = {"bucket": dist.GradBucket, "return": torch.futures.Future[Tensor]}

    def __call__(self, state: Any, bucket: dist.GradBucket) -> torch.futures.Future[Tensor]:
        buffer = bucket.buffer()
        self.total += buffer.numel() * buffer.element_size()
        return allreduce_hook(state, bucket)
