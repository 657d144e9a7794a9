"""The yardstick of loading: PNG frames decoded for every sample, as BasicSR's data sets do from a disk."""

import random
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset


class PngWindows(Dataset[Tensor]):
    """Random windows of folders of PNG frames: decoded whole, cropped, flipped or turned, made a float tensor.

    Args:
        folders: one a clip; frames are its files in the order of their names.
        frames: length of a window.
        patch: its height and width in pixels.
        samples: in a pass.
    """

    def __init__(self, folders: list[Path], frames: int, patch: int, samples: int) -> None:
        self.clips = [sorted(folder.iterdir()) for folder in folders]
        self.frames, self.patch, self.samples = frames, patch, samples

    def __len__(self) -> int:
        return self.samples

    def __getitem__(self, index: int) -> Tensor:
        """(T, 3, patch, patch) float in [0, 1], RGB."""
        paths = random.choice(self.clips)
        start = random.randint(0, len(paths) - self.frames)
        images = [_decode(path) for path in paths[start : start + self.frames]]
        height, width = images[0].shape[:2]
        top, left = random.randint(0, height - self.patch), random.randint(0, width - self.patch)
        window = np.stack([image[top : top + self.patch, left : left + self.patch] for image in images])
        if random.random() < 0.5:
            window = window[:, :, ::-1]
        window = np.rot90(window, random.randrange(4), (1, 2))
        rgb = np.ascontiguousarray(window[..., ::-1].transpose(0, 3, 1, 2))
        return torch.from_numpy(rgb).float() / 255


def _decode(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) BGR."""
    image = cv2.imread(str(path))
    assert image is not None, path
    return np.asarray(image, np.uint8)
