"""Small clips for tests: frames that differ everywhere, stored in every way that vidgan reads."""

import zipfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from av.video.reformatter import Colorspace
from torch import Tensor

from vidgan.video.compare import side_by_side
from vidgan.video.reader import Frames
from vidgan.video.writer import VideoWriter


def moving(frames: int, height: int = 48, width: int = 64, seed: int = 0) -> Frames:
    """(T, H, W, 3): smooth random texture that moves by (1, 2) pixels a frame."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    texture = cv2.GaussianBlur(noise, (5, 5), 0)
    return np.stack([np.roll(texture, (number, 2 * number), (0, 1)) for number in range(frames)])


def panning(frames: int = 9, step: int = 3, height: int = 64, width: int = 96) -> Tensor:
    """(T, 3, H, W) in [0, 1]: smooth random texture that a camera goes past, so that it moves to the left."""
    noise = np.random.default_rng(0).random((height, width + frames * step, 3), dtype=np.float32)
    wide = torch.from_numpy(cv2.GaussianBlur(noise, (9, 9), 0)).permute(2, 0, 1)
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    return torch.stack([wide[..., step * time : step * time + width] for time in range(frames)])


def write_video(path: Path, frames: Frames, codec: str = "libx264", rotation: int = 0, **options: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream(codec, rate=Fraction(25), options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1  # what codecs make depends on it: the same clips on every machine
        if rotation:
            stream.set_display_rotation(rotation)
        for rgb in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU601)))
        container.mux(stream.encode())
    return path


def write_splits(root: Path, frames: int = 8) -> Path:
    """Four short videos below folders named after what they are for: two train, one validates, one tests."""
    for number, split in enumerate(("train", "train", "val", "test")):
        write_video(root / split / f"{number}.mp4", moving(frames, 48, 48, seed=number))
    return root


def write_comparison(path: Path, columns: Mapping[str, Tensor]) -> Path:
    """A video of methods side by side, as a validation writes it."""
    with VideoWriter(path, Fraction(25)) as out:
        for frame in side_by_side(columns):
            out.write(frame)
    return path


def write_folder(path: Path, frames: Frames) -> Path:
    """PNG frames whose names sort rightly only as numbers."""
    path.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        assert cv2.imwrite(str(path / f"frame_{number}.png"), frame[..., ::-1])
    return path


def write_zip(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"frames/{file.name}")
    return path


def damage(path: Path) -> Path:
    """Overwrites the second half of a video's bytes, which leaves its index and its first frames as they are."""
    data = bytearray(path.read_bytes())
    start = len(data) // 2
    data[start:] = bytes(len(data) - start)
    path.write_bytes(data)
    return path
