"""Large frames in tiles: a generator that holds no more than one tile at a time."""

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

from torch import Tensor

from vidgan.errors import UserError
from vidgan.generators.base import MAPS, Generator, Made, frames_of

UNBOUNDED_OVERLAP = 32


class Span(NamedTuple):
    """A tile along one axis: pixels ``start`` to ``stop`` are seen, and ``core_start`` to ``core_stop`` are kept."""

    start: int
    stop: int
    core_start: int
    core_stop: int

    @property
    def seen(self) -> slice:
        return slice(self.start, self.stop)

    def kept(self, scale: int) -> slice:
        """The core within the tile's output."""
        return slice(scale * (self.core_start - self.start), scale * (self.core_stop - self.start))

    def place(self, scale: int) -> slice:
        """The core within the whole output."""
        return slice(scale * self.core_start, scale * self.core_stop)


def spans(length: int, tile: int, overlap: int) -> list[Span]:
    """Cuts an axis into cores of ``tile`` pixels, each seen with ``overlap`` more on both sides, the ends aside."""
    starts = range(0, length, tile)
    return [
        Span(max(0, start - overlap), min(length, start + tile + overlap), start, min(length, start + tile))
        for start in starts
    ]


def assembled(given: Tensor, network: Callable[[Tensor, int], Made], tile: int, overlap: int, scale: int = 1) -> Tensor:
    """What a network makes of frames (..., H, W), tile by tile: (..., scale * H, scale * W).

    Args:
        given: the frames.
        network: from a tile with what is seen around it, and its number, to frames ``scale`` times the size.
        tile: side of the kept part of a tile, in pixels of ``given``.
        overlap: pixels seen around it.
        scale: enlargement factor.
    """
    height, width = given.shape[-2:]
    whole: Tensor | None = None
    for index, (row, column) in enumerate(product(spans(height, tile, overlap), spans(width, tile, overlap))):
        made = frames_of(network(given[..., row.seen, column.seen], index))
        if whole is None:
            whole = made.new_empty(*made.shape[:-2], scale * height, scale * width)
        whole[..., row.place(scale), column.place(scale)] = made[..., row.kept(scale), column.kept(scale)]
    assert whole is not None, "frames have at least one pixel"
    return whole


class Tiled(Generator):
    """Applies a generator tile by tile; it is used as the generator itself is.

    Each tile is seen with an overlap that is then cut off. With an overlap of at least the generator's radius the
    result is that of the whole frame, but for rounding. Where the radius is unbounded, or a causal generator's memory
    carries information farther with every frame, seams fade as the overlap grows but are not excluded.

    Args:
        generator: any generator; a causal one gets a state for each tile.
        tile: side of the kept part of a tile, in input pixels.
        overlap: pixels seen around it; the generator's radius if not given, 32 where that is unbounded.

    Raises:
        UserError: ``tile`` is not positive, or ``overlap`` is negative.
    """

    def __init__(self, generator: Generator, tile: int, overlap: int | None = None) -> None:
        super().__init__()
        if tile < 1 or (overlap is not None and overlap < 0):
            raise UserError(f"a tile of {tile} pixels with an overlap of {overlap} is none; give a tile of at least 1")
        if overlap is None:
            overlap = UNBOUNDED_OVERLAP if generator.radius is None else generator.radius
        self.generator = generator
        self.scale = generator.scale
        self.temporal = generator.temporal  # type: ignore[misc]  # of the class elsewhere
        self.reach = generator.reach
        for name in MAPS:
            setattr(self, name, getattr(generator, name))
        self.tile = tile
        self.overlap = overlap

    @property
    def radius(self) -> int | None:
        return self.generator.radius

    def forward(self, low: Tensor) -> Tensor:
        return self._assembled(low, lambda part, index: self.generator(part))

    def between(self, low: Tensor, first: int, last: int) -> Tensor:
        """Frames ``first`` to ``last`` of a window generator."""
        return self._assembled(low, lambda part, index: self.generator.between(part, first, last))  # type: ignore[operator]  # a window one has it

    def stream(self, low: Tensor, state: list[Any] | None = None) -> tuple[Tensor, list[Any]]:
        """The next frames of a video and the states of the tiles after them; None starts a video."""
        states: list[Any] = []

        def advance(part: Tensor, index: int) -> Tensor:
            made, after = self.generator.stream(part, None if state is None else state[index])  # type: ignore[operator]  # a causal one has it
            states.append(after)
            return made

        return self._assembled(low, advance), states

    def _assembled(self, low: Tensor, network: Callable[[Tensor, int], Made]) -> Tensor:
        return assembled(low, network, self.tile, self.overlap, self.scale)
