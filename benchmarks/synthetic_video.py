"""Video to measure with: no file of it is stored."""

from collections.abc import Iterator

import cv2
import numpy as np

from vidgan.video.reader import Frames


def moving(count: int, height: int, width: int, seed: int = 0) -> Iterator[Frames]:
    """``count`` frames (height, width, 3) of a texture that moves, with the grain of a camera.

    Smooth shapes of many sizes, which compress about as photographs do: 1.5 MB a 1280x720 frame as PNG.
    """
    random = np.random.default_rng(seed)
    texture = np.zeros((height, width, 3), np.float32)
    for octave in range(1, 8):
        shape = (max(2, height >> octave), max(2, width >> octave), 3)
        shapes = random.standard_normal(shape, np.float32)
        texture += 4 * octave * cv2.resize(shapes, (width, height), interpolation=cv2.INTER_CUBIC)
    for number in range(count):
        grain = random.standard_normal(texture.shape, np.float32)
        frame = 128 + np.roll(texture, (number, 2 * number), (0, 1)) + grain
        yield frame.clip(0, 255).astype(np.uint8)
