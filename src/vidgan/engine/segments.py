"""How a batch is cut so that its forward pass fits into memory: into chunks of clips, and these into segments of time.

Truncated back-propagation through time (Williams and Peng 1990): a clip is worked through segment by segment; the
memory is carried over, its gradient is not, and the segments' gradients add up to one step of the optimizer.
"""

from dataclasses import dataclass

from vidgan.data.clip import Clip
from vidgan.errors import UserError


@dataclass(frozen=True)
class Segment:
    """Some frames of some clips.

    Attributes:
        clip: the part of the batch.
        first: whether its clips begin here; their memory is empty then.
    """

    clip: Clip
    first: bool


def segments(batch: Clip, accumulate: int, tbptt: int | None) -> list[Segment]:
    """The batch in equal parts; those of the same clips follow each other.

    Args:
        batch: a device's share.
        accumulate: chunks of clips.
        tbptt: frames of a segment; None for whole clips.

    Raises:
        UserError: the batch or its clips do not divide.
    """
    if len(batch) % accumulate:
        raise UserError(
            f"engine.accumulate={accumulate} does not divide a device's share of the batch, {len(batch)} clips; change "
            "it or data.batch_size."
        )
    frames = batch.frames.shape[1]
    length = frames if tbptt is None else tbptt
    if frames % length:
        raise UserError(f"engine.tbptt={length} does not divide a clip's {frames} frames; change it or data.frames.")
    return [
        Segment(chunk.between(start, start + length), first=start == 0)
        for chunk in batch.chunk(accumulate)
        for start in range(0, frames, length)
    ]
