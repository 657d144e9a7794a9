"""Videos of any length through a generator, in constant memory."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vidgan.generators.base import Generator
from vidgan.video.reader import Frames


def stream(
    generator: Generator,
    frames: Iterable[Frames],
    chunk: int = 8,
    context: int = 8,
    precision: torch.dtype | None = None,
) -> Iterator[Frames]:
    """Applies a generator to a video, chunk by chunk.

    A causal generator carries its state from chunk to chunk, a frame generator needs none, and a window generator sees
    the frames that it reaches on either side of a chunk: they give what the whole clip in one call gives. A
    bidirectional one sees ``context`` more frames before and after each chunk, whose results are dropped; it differs
    from the whole clip by what it would have learned from frames farther away.

    Args:
        generator: in evaluation mode; the frames are moved to the device of its parameters.
        frames: (H, W, 3) uint8 RGB, of one size.
        chunk: frames computed together.
        context: frames seen on either side of a chunk by a bidirectional generator.
        precision: type of mixed precision; None computes as the parameters are.

    Yields:
        (scale * H, scale * W, 3) uint8 RGB, one for each frame.
    """
    device = next((parameter.device for parameter in generator.parameters()), torch.device("cpu"))
    state: Any = None
    seen = context if generator.temporal == "bidirectional" else generator.reach
    for window, first, last in windows(frames, chunk, seen):
        mixed = nullcontext() if precision is None else torch.autocast(device.type, precision)
        with torch.inference_mode(), mixed:
            low = _to_float(window, device)
            made, state = generator.proceed(low, first, last, state)
            made = _to_bytes(made)
        yield from made.numpy()


def windows(frames: Iterable[Frames], chunk: int, context: int) -> Iterator[tuple[list[Frames], int, int]]:
    """Overlapping windows of at most ``chunk + 2 * context`` frames, and which of their frames are new.

    Yields:
        (frames, first, last): the parts ``frames[first:last]`` follow each other without gap or overlap.
    """
    window: list[Frames] = []
    first = 0
    for frame in frames:
        window.append(frame)
        if len(window) == first + chunk + context:
            last = first + chunk
            yield window, first, last
            window = window[max(0, last - context) :]
            first = min(last, context)
    if len(window) > first:
        yield window, first, len(window)


def _to_float(frames: list[Frames], device: torch.device) -> Tensor:
    """(H, W, 3) uint8 frames to (1, T, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.stack(frames)).to(device).permute(0, 3, 1, 2)[None].float() / 255


def _to_bytes(frames: Tensor) -> Tensor:
    """(1, T, 3, H, W) in [0, 1] to (T, H, W, 3) uint8 on the CPU."""
    return (frames[0].float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).contiguous().cpu()
