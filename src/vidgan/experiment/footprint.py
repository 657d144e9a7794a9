"""The memory that validation and test take, found on torch's meta device before anything is trained."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from vidgan.data.clip import Clip, Piece, mapped
from vidgan.engine.adversarial import AdversarialTask
from vidgan.ops.peak_memory import Peak

# Real and made frames are prepared for the metrics, which work in double precision frame by frame.
_COPIES = 4
_FEW = 8  # frames whose making tells what more of them take
_PIXELS = 1 << 22  # of so few frames: several times what is made at once


def scoring_memory(task: AdversarialTask, piece: Clip, whole: bool) -> int:
    """Bytes that the largest piece of a clip takes, the networks' parameters aside, in float32.

    What the network makes of it, and the piece itself with what the metrics need of it; baselines work one after the
    other on as much. Left out, as in training: the kernels' workspaces.

    Args:
        task: on the meta device.
        piece: a batch of one on the meta device, see :meth:`vidgan.data.datamodule.DataModule.scored_piece`.
        whole: whether clips are scored as a whole: what a network takes of many frames is then told from a few.
    """
    count = piece.place.last - piece.place.first
    frame = piece.frames.nbytes // piece.frames.shape[1]
    few = min(count, _FEW if whole else max(3, _PIXELS // piece.frames[0, 0, 0].numel()))
    given, made = _condition(task.eval(), piece)
    network = _peak(task, given, made, few)
    if few < count:
        each = (network - _peak(task, given, made, few // 2)) / (few - few // 2) if whole else frame
        network += round((count - few) * each)
    kept = piece.frames.shape[1] * (frame + sum(one.nbytes for one in tree_leaves(given)))
    return network + kept + _COPIES * count * frame


def _peak(task: AdversarialTask, given: Any, made: int, count: int) -> int:
    """Bytes that the generator takes to make so many frames, with as many before and after them as it looks at."""
    context = task.context(with_baselines=False) or 0

    def of_all(one: Tensor) -> Tensor:
        by_frame = one.shape[1:2] == (made,)  # else of the clip
        return one.new_empty(1, count + 2 * context, *one.shape[2:], device="meta") if by_frame else one.to("meta")

    condition = mapped(given, of_all)
    with torch.no_grad(), Peak() as peak:
        task.made(condition, slice(context, context + count), None)
    return peak.most


def _condition(task: AdversarialTask, piece: Clip) -> tuple[Any, int]:
    """What the generator is given of as few blank frames of the piece's size as will do, and how many it then makes."""
    few = task.fewest
    clip = piece.between(0, few).with_each(lambda one: torch.zeros(one.shape, dtype=one.dtype))
    clip = replace(clip, piece=Piece(0, 0, few, few))
    clip = clip if task.protocol is None else task.protocol.case.applied(clip)
    return task.condition(clip), task.target(clip).shape[1]
