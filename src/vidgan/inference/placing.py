"""What belongs to a frame beside its pixels, carried past a network: its time, its name and its alpha."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from vidgan.video.color import Pixels
from vidgan.video.writer import At

Item = tuple[Pixels, At]


def in_place(items: Iterable[Item], work: Callable[[Iterator[Pixels]], Iterable[Pixels]]) -> Iterator[Item]:
    """What ``work`` makes of frames, one for one and in their order, each where the frame belongs that it was made of.

    The alpha of pictures is resized with them.

    Args:
        items: frames and where they belong.
        work: makes frames of frames; it may look as many ahead as it likes.
    """
    waiting: deque[At] = deque()

    def frames() -> Iterator[Pixels]:
        for pixels, at in items:
            waiting.append(at)
            yield pixels

    for made in work(frames()):
        at = waiting.popleft()
        yield made, at if at.alpha is None else replace(at, alpha=_resized(at.alpha, made))


def _resized(alpha: Pixels, made: Pixels) -> Pixels:
    """(H, W) alpha in the size and with the bits of a frame; what is opaque, or clear, stays so."""
    height, width = made.shape[:2]
    if alpha.dtype != made.dtype:
        alpha = (alpha // 257).astype(np.uint8) if made.dtype == np.uint8 else alpha.astype(np.uint16) * 257
    if alpha.shape == (height, width):
        return alpha
    return np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_CUBIC), made.dtype)
