"""The one batch type: clips of video with what belongs to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Piece:
    """Which frames of a longer clip these are: some that are new, and some on either side that are seen once more.

    Attributes:
        start: the number of the first frame that is held.
        first, last: the numbers of the new frames, ``first`` to ``last`` (exclusive).
        total: frames of the whole clip.
    """

    start: int
    first: int
    last: int
    total: int

    @property
    def new(self) -> slice:
        """The new frames among those that are held."""
        return slice(self.first - self.start, self.last - self.start)


@dataclass
class Clip:
    """A batch of B clips of T RGB frames.

    Attributes:
        frames: (B, T, C, H, W), uint8 as loaded, float32 in [0, 1] after :meth:`to_float`.
        names: B names; a training sample's name tells how to draw it again.
        seeds: (B,) int64 seeds from which everything random about a sample follows.
        keypoints: (B, T, K, 2) float32 as (x, y) in pixels, or None.
        conditions: further tensors by name, each with B first; those that are uint8 are pictures, float32 in [0, 1]
            after :meth:`to_float`. ``mask`` is (B, T, 1, H, W), for the losses and metrics that ask for one.
        aligned: names of the conditions that go frame by frame, (B, T, ...): they are cut as the frames are.
        piece: where the frames lie in a clip that is worked through piece by piece; None for whole clips.
    """

    frames: Tensor
    names: list[str]
    seeds: Tensor
    keypoints: Tensor | None = None
    conditions: dict[str, Tensor] = field(default_factory=dict)
    aligned: frozenset[str] = frozenset()
    piece: Piece | None = None

    @property
    def place(self) -> Piece:
        """The piece that this is; a whole clip is one piece."""
        count = self.frames.shape[1]
        return self.piece or Piece(0, 0, count, count)

    def __len__(self) -> int:
        return self.frames.shape[0]

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "Clip":
        return self.with_each(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "Clip":
        return self.with_each(Tensor.pin_memory)

    def to_float(self) -> "Clip":
        """All that is uint8 as float32 in [0, 1]; the rest stays as it is."""
        return self.with_each(_unit)

    def chunk(self, count: int) -> list["Clip"]:
        """``count`` equal parts along the batch, for gradient accumulation.

        Raises:
            ValueError: the batch does not divide by ``count``.
        """
        size, remainder = divmod(len(self), count)
        if remainder:
            raise ValueError(f"a batch of {len(self)} clips does not divide into {count} equal parts")
        return [self._slice(start, start + size) for start in range(0, len(self), size)]

    def between(self, first: int, last: int) -> "Clip":
        """Frames ``first`` to ``last`` (exclusive) with all that goes frame by frame; other conditions stay whole."""
        return self.of_frames(slice(first, last))

    def of_frames(self, chosen: slice | list[int]) -> "Clip":
        """The frames of these numbers, with what :meth:`between` takes along."""

        def cut(tensor: Tensor) -> Tensor:
            return tensor[:, chosen]

        aligned = {name: cut(value) for name, value in self.conditions.items() if name in self.aligned}
        return replace(
            self,
            frames=cut(self.frames),
            keypoints=mapped(self.keypoints, cut),
            conditions={**self.conditions, **aligned},
        )

    @staticmethod
    def collate(clips: Sequence["Clip"]) -> "Clip":
        """One batch of several, which must have the same shapes and the same optional parts."""
        return Clip(
            names=[name for clip in clips for name in clip.names],
            aligned=clips[0].aligned,
            **{name: _joined([getattr(clip, name) for clip in clips]) for name in _TENSOR_FIELDS},
        )

    def _slice(self, start: int, stop: int) -> "Clip":
        part = self.with_each(lambda tensor: tensor[start:stop])
        part.names = self.names[start:stop]
        return part

    def with_each(self, function: Callable[[Tensor], Tensor]) -> "Clip":
        """The clip with ``function`` applied to each tensor."""
        return replace(self, **{name: mapped(getattr(self, name), function) for name in _TENSOR_FIELDS})


_TENSOR_FIELDS = tuple(entry.name for entry in fields(Clip) if entry.name not in ("names", "aligned", "piece"))


def _unit(tensor: Tensor) -> Tensor:
    return tensor.to(torch.float32).div_(255) if tensor.dtype == torch.uint8 else tensor


def mapped(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """A tensor, a dictionary of tensors or None with ``function`` applied to each tensor."""
    if isinstance(value, dict):
        return {name: function(tensor) for name, tensor in value.items()}
    return None if value is None else function(value)


def _joined(values: list[Any]) -> Any:
    if isinstance(values[0], dict):
        return {name: torch.cat([value[name] for value in values]) for name in values[0]}
    return None if values[0] is None else torch.cat(values)
