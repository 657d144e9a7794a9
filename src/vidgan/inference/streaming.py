"""Videos of any length through a generator, in constant memory."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import chain, islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vidgan.generators.base import Generator, frames_of
from vidgan.inference.memory import frames_at_once
from vidgan.video.color import Pixels

logger = logging.getLogger(__name__)

CONTEXT = 8  # frames around a chunk
BORDERS = (
    "the network looks at whole clips; it is given %d frames at once with %d more on either side, and makes of them "
    "nearly what it makes of the whole; chunk=<frames> and context=<frames> set more"
)


def stream(
    generator: Generator,
    frames: Iterable[Pixels],
    chunk: int | None = 8,
    context: int | None = None,
    precision: torch.dtype | None = None,
) -> Iterator[Pixels]:
    """Applies a generator to a video, chunk by chunk.

    A causal generator carries its state from chunk to chunk, a frame generator needs none, and a window generator sees
    the frames that it reaches on either side of a chunk: they give what the whole clip in one call gives. A
    bidirectional one sees ``context`` more frames before and after each chunk, whose results are dropped; it differs
    from the whole clip by what it would have learned from frames farther away.

    Args:
        generator: in evaluation mode; the frames are moved to the device of its parameters.
        frames: (H, W, 3) RGB, of one size; uint8, or uint16 over its whole range.
        chunk: frames computed together; None is as many as the free memory allows, 8 at most where more gain nothing.
        context: frames seen on either side of a chunk by a bidirectional generator; None is 8.
        precision: type of mixed precision; None computes as the parameters are.

    Yields:
        (scale * H, scale * W, 3) RGB of the same type, one for each frame.
    """
    device = next((parameter.device for parameter in generator.parameters()), torch.device("cpu"))
    state: Any = None
    if chunk is None:
        chunk, frames = _fitting(generator, iter(frames), device, context)
    seen = (CONTEXT if context is None else context) if generator.temporal == "bidirectional" else generator.reach
    for number, (window, first, last) in enumerate(windows(frames, chunk, seen)):
        if number == 1 and generator.temporal == "bidirectional":
            logger.warning(BORDERS, chunk, seen)
        mixed = nullcontext() if precision is None else torch.autocast(device.type, precision)
        with torch.inference_mode(), mixed:
            low = to_float(window, device)
            made, state = generator.proceed(low, first, last, state)
            pixels = to_pixels(frames_of(made), window[0].dtype)
        yield from pixels


def _fitting(
    generator: Generator, frames: Iterator[Pixels], device: torch.device, context: int | None
) -> tuple[int, Iterator[Pixels]]:
    """How many frames fit into memory beside those around them, and the frames, none of them lost."""
    few = list(islice(frames, 1))
    if not few:
        return 1, frames
    around = (CONTEXT if context is None else context) if generator.temporal == "bidirectional" else generator.reach
    return max(1, frames_at_once(generator, to_float(few, device), 2 * around)), chain(few, frames)


def windows(frames: Iterable[Pixels], chunk: int, context: int) -> Iterator[tuple[list[Pixels], int, int]]:
    """Overlapping windows of at most ``chunk + 2 * context`` frames, and which of their frames are new.

    Yields:
        (frames, first, last): the parts ``frames[first:last]`` follow each other without gap or overlap.
    """
    window: list[Pixels] = []
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


def to_float(frames: list[Pixels], device: torch.device) -> Tensor:
    """(H, W, 3) frames to (1, T, 3, H, W) in [0, 1]."""
    stacked = np.stack(frames)
    most = np.iinfo(stacked.dtype).max
    given = torch.from_numpy(stacked if stacked.dtype == np.uint8 else stacked.astype(np.int32))
    return given.to(device).permute(0, 3, 1, 2)[None].float() / most


def to_pixels(frames: Tensor, dtype: np.dtype[Any]) -> Pixels:
    """(1, T, 3, H, W) in [0, 1] to (T, H, W, 3) of the given type, over its whole range."""
    levels = (frames[0].float().clamp(0, 1) * np.iinfo(dtype).max).round()
    levels = levels.byte() if dtype == np.uint8 else levels.int()
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy().astype(dtype, copy=False)
