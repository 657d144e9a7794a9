"""What every generator promises: the attributes that training, streaming and tiling read."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

Shapes = Mapping[str, tuple[int, ...]]


class Generator(nn.Module):
    """A network from low-resolution clips (B, T, C, h, w) to clips (B, T, C, scale * h, scale * w), RGB in [0, 1].

    Attributes:
        scale: enlargement factor.
        temporal: ``"frame"`` sees one frame at a time, ``"causal"`` the past, ``"bidirectional"`` the whole clip.
        radius: an output pixel depends on input pixels at most this far away; None where that is unbounded.
        aliases: (regular expression, replacement) pairs that turn other published key names into this network's.
    """

    scale: int
    temporal: ClassVar[Literal["frame", "causal", "bidirectional"]]
    aliases: ClassVar[tuple[tuple[str, str], ...]] = ()

    @property
    def radius(self) -> int | None:
        return None

    @classmethod
    def recognise(cls, shapes: Shapes) -> dict[str, Any]:
        """The arguments of the network that has these weights.

        Args:
            shapes: of a state dict's tensors by key, after ``aliases``.

        Raises:
            KeyError: a key that tells this network from others is not there.
        """
        raise KeyError(f"{cls.__name__} is not recognised by its keys")


class FrameGenerator(Generator):
    """A network for images, applied to each frame by itself; a subclass writes :meth:`enlarge`."""

    temporal = "frame"

    def enlarge(self, images: Tensor) -> Tensor:
        """(N, C, h, w) to (N, C, scale * h, scale * w)."""
        raise NotImplementedError

    def forward(self, low: Tensor) -> Tensor:
        return self.enlarge(low.flatten(0, 1)).unflatten(0, low.shape[:2])


class CausalGenerator(Generator):
    """A network that carries a state from frame to frame; a subclass writes :meth:`stream`."""

    temporal = "causal"

    def stream(self, low: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The next frames of a video and the state after them; None starts a video.

        Chunk by chunk gives the frames that the whole clip in one call gives.
        """
        raise NotImplementedError

    def forward(self, low: Tensor) -> Tensor:
        return self.stream(low)[0]


def numbered(shapes: Shapes, pattern: str) -> int:
    """How many parts there are, by the highest number that ``pattern``'s group finds in the keys.

    Raises:
        KeyError: there is none.
    """
    numbers = [int(match[1]) for key in shapes if (match := re.search(pattern, key))]
    if not numbers:
        raise KeyError(pattern)
    return max(numbers) + 1
