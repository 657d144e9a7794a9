"""Writing what is made of nothing, or of what is no video of the same length: frames that come as tensors."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

from torch import Tensor

from vidgan.engine.progress import counted
from vidgan.errors import UserError
from vidgan.inference.inputs import RATE_OF_FOLDERS
from vidgan.inference.options import NewVideoOptions
from vidgan.inference.outputs import allow_overwriting, refuse_inputs
from vidgan.inference.video_options import WritingOptions, encoding
from vidgan.video.reader import Frames
from vidgan.video.writer import PICTURE_SUFFIXES, FrameWriter, writer


def write_new(
    pieces: Iterable[Tensor],
    count: int,
    options: NewVideoOptions,
    fps: Fraction = RATE_OF_FOLDERS,
    progress: bool = False,
) -> Path:
    """Writes a video that has no input; returns its path. :func:`refuse_output` comes before the work.

    Args:
        pieces: (1, T, 3, H, W) in [0, 1], which follow each other in time; made as they are asked for.
        count: of their frames together.
        options: where to, and how.
        fps: frames a second.
        progress: whether a bar shows how many are written.

    Raises:
        UserError: it cannot be written; nothing is left of it.
    """
    path = Path(options.output)
    write_all(writer(path, fps, encoding=encoding(options), overwrite=True), pieces, count, progress)
    return path


def refuse_output(path: Path, options: WritingOptions, *inputs: Path) -> None:
    """Refuses, before it has taken time to make, what cannot be written.

    Raises:
        UserError: the output is an input, is there already, or is no file that can be written as it is to be.
    """
    refuse_inputs(path, *inputs)
    writer(path, RATE_OF_FOLDERS, encoding=encoding(options), overwrite=True)
    allow_overwriting([path], options.overwrite)


def refuse_picture(path: Path, count: int, what: str) -> None:
    """
    Args:
        path: of the output.
        count: of frames that are to be written.
        what: makes so many, in words.

    Raises:
        UserError: the output is a picture, and there are several.
    """
    if path.suffix.lower() in PICTURE_SUFFIXES and count > 1:
        raise UserError(f"output={path} is one picture, and {what}; give a video or a folder.")


def write_all(sink: FrameWriter, pieces: Iterable[Tensor], count: int, progress: bool) -> None:
    """Writes a whole output and closes it.

    Args:
        sink: see :func:`vidgan.video.writer.writer`.
        pieces: (1, T, 3, H, W) in [0, 1], which follow each other in time.
        count: of their frames together.
        progress: whether a bar shows how many are written.
    """
    with sink:
        for frame in counted(chain.from_iterable(map(_as_frames, pieces)), count, "frames", progress):
            sink.write(frame)


def _as_frames(piece: Tensor) -> Frames:
    """(1, T, 3, H, W) in [0, 1] as (T, H, W, 3) uint8 RGB."""
    return (piece[0].float().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
