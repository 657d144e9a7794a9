"""Methods side by side: a picture of telling details, and the frames of a video."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional as F

from vidgan.video.reader import Frames
from vidgan.video.writer import PictureWriter

DETAIL = 128  # side of a detail, in pixels of the frames
GAP = 4
BAND = 20
_INK, _PAPER = (230, 230, 230), (24, 24, 24)


def comparison_picture(rows: Mapping[str, Mapping[str, Tensor]], path: Path, zoom: int = 2) -> None:
    """Writes a picture with one row a clip and one column a method.

    Each row starts with the whole last picture, a box around its most detailed part; that part of every method follows,
    enlarged without smoothing.

    Args:
        rows: pictures (3, H, W) in [0, 1], all of one size, by clip and method; the last method is the ground truth.
        path: a PNG file.
        zoom: enlargement of the details.
    """
    drawn = [_row(clip, pictures, zoom) for clip, pictures in rows.items()]
    left, right = (max(part.shape[1] for part in side) for side in zip(*drawn, strict=True))
    lines = [
        _beside([_padded(whole, len(whole), left), _padded(details, len(details), right)]) for whole, details in drawn
    ]
    sheet = np.concatenate([_padded(line, len(line) + GAP, line.shape[1]) for line in lines])
    with PictureWriter(path) as out:
        out.write(sheet)


def side_by_side(columns: Mapping[str, Tensor]) -> Iterator[Frames]:
    """The frames (H, W, 3) of a video of methods side by side, each under its name.

    Args:
        columns: clips (T, 3, H, W) in [0, 1], all of one size, by method.
    """
    for frames in zip(*columns.values(), strict=True):
        frame = _beside([_labelled(_bytes(frame), name) for name, frame in zip(columns, frames, strict=True)])
        height, width = frame.shape[:2]
        yield _padded(frame, height + height % 2, width + width % 2)  # even, so that it plays everywhere


def most_detailed(picture: Tensor, side: int) -> tuple[int, int]:
    """Top and left of the square of a (3, H, W) picture whose gradients are strongest."""
    gray = picture.float().mean(0)
    strength = (gray[1:, :-1] - gray[:-1, :-1]).abs() + (gray[:-1, 1:] - gray[:-1, :-1]).abs()
    means = F.avg_pool2d(F.pad(strength, (0, 1, 0, 1))[None], side, stride=1)[0]
    top, left = divmod(int(means.argmax()), means.shape[1])
    return top, left


def _row(clip: str, pictures: Mapping[str, Tensor], zoom: int) -> tuple[Frames, Frames]:
    """The whole picture, and the details beside each other."""
    truth = list(pictures.values())[-1]
    side = min(DETAIL, *truth.shape[-2:])
    top, left = most_detailed(truth, side)
    details = [
        _labelled(_bytes(picture[:, top : top + side, left : left + side]).repeat(zoom, 0).repeat(zoom, 1), name)
        for name, picture in pictures.items()
    ]
    return _labelled(_overview(truth, (top, left), side, side * zoom), clip), _beside(details)


def _overview(picture: Tensor, corner: tuple[int, int], side: int, height: int) -> Frames:
    """The whole picture at that height, with a box around the detail."""
    image = Image.fromarray(_bytes(picture))
    top, left = corner
    ImageDraw.Draw(image).rectangle((left, top, left + side - 1, top + side - 1), outline=(255, 220, 0), width=3)
    width = round(image.width * height / image.height)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def _labelled(frame: Frames, text: str) -> Frames:
    """The frame below a band with a text."""
    band = Image.new("RGB", (frame.shape[1], BAND), _PAPER)
    font = ImageFont.load_default(size=14)
    ImageDraw.Draw(band).text((4, BAND // 2), text, fill=_INK, font=font, anchor="lm")
    return np.concatenate([np.asarray(band), frame])


def _beside(frames: list[Frames]) -> Frames:
    """Frames of one height next to each other, with gaps."""
    spaced = [_padded(frame, frame.shape[0], frame.shape[1] + GAP) for frame in frames[:-1]]
    return np.concatenate([*spaced, frames[-1]], axis=1)


def _padded(frame: Frames, height: int, width: int) -> Frames:
    """The frame at the top left of a canvas of that size."""
    canvas = np.full((height, width, 3), _PAPER, np.uint8)
    canvas[: frame.shape[0], : frame.shape[1]] = frame
    return canvas


def _bytes(picture: Tensor) -> Frames:
    """(3, H, W) in [0, 1] to (H, W, 3) uint8."""
    levels = (picture.float().clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 0).cpu().numpy())
