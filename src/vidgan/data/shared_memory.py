"""Batches in shared memory, through which loader workers hand them over; a container often has little of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.errors import UserError


def share(tensor: Tensor) -> Tensor:
    """The tensor, moved into shared memory.

    Raises:
        UserError: the system has no more of it.
    """
    try:
        return tensor.share_memory_() if tensor.numel() else tensor
    except RuntimeError as error:
        raise UserError(
            f"the loader's workers get no shared memory ({str(error).rpartition(': ')[2]}); give the machine a larger "
            "/dev/shm (docker run --shm-size=8g), or set machine.workers=0"
        ) from error


@dataclass(frozen=True)
class Handed:
    """Collates in a worker, and shares there: torch does that in a thread, whose error leaves the training waiting.

    Attributes:
        collate: makes a batch of what the data set gave; None takes it as it is.
    """

    collate: Callable[[Any], Clip] | None

    def __call__(self, samples: Any) -> Clip:
        return (self.collate(samples) if self.collate else samples).with_each(share)
