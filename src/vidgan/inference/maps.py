"""Videos through a generator that asks for a map beside the frames."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from vidgan.generators.base import Generator


class WithMap(Generator):
    """A generator that asks for a map, which is made of what it will see; it takes plain frames.

    Args:
        generator: one that asks for a further channel.
        add_map: from frames (B, T, 3, H, W) to (B, T, 4, H, W).
    """

    def __init__(self, generator: Generator, add_map: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.generator = generator
        self.add_map = add_map
        self.scale = generator.scale
        self.temporal = generator.temporal  # type: ignore[misc]  # of the class elsewhere
        self.reach = generator.reach

    @property
    def radius(self) -> int | None:
        return self.generator.radius

    def forward(self, low: Tensor) -> Tensor:
        return self.generator(self.add_map(low))

    def between(self, low: Tensor, first: int, last: int) -> Tensor:
        return self.generator.between(self.add_map(low), first, last)  # type: ignore[operator]  # a window one has it

    def stream(self, low: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        return self.generator.stream(self.add_map(low), state)  # type: ignore[operator]  # a causal one has it
