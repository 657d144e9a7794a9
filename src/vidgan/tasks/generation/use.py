"""Noise, and classes where there are classes, to new clips."""

import math
from collections.abc import Iterator
from fractions import Fraction
from os import fspath
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vidgan.errors import UserError
from vidgan.generators.mocogan import MoCoGAN
from vidgan.inference.new_video import refuse_output, refuse_picture, write_new
from vidgan.inference.trained import Trained
from vidgan.randomness import mix
from vidgan.tasks.generation.options import Options

_AT_ONCE = 256  # frames
_BORDER = 2  # pixels between two clips of a grid


def generate_video(output: str | Path, *, trained: Trained, **options: Any) -> Path:
    """Makes new clips; returns the path of what was written.

    Args:
        output: a video, or a folder of pictures; several clips stand in a grid, row by row.
        trained: a :class:`~vidgan.generators.mocogan.MoCoGAN`.
        options: further ones of :class:`~vidgan.tasks.generation.options.Options`, by name.

    Raises:
        UserError: the network, the output or an option is at fault; nothing half-written is left.
    """
    return use(trained, Options(output=fspath(output), **options))


def use(trained: Trained, options: Options) -> Path:
    """:func:`generate_video`, of a command line."""
    network = trained.network
    if not isinstance(network, MoCoGAN):
        raise UserError(f"New clips need a run of the task generation, not a {type(network).__name__}.")
    labels = _labels(network, options)
    frames = options.frames or (trained.recorded.get("data") or {}).get("frames")
    if frames is None:
        raise UserError(
            "weights of a file do not tell how long the clips were that trained them; give frames=<number>."
        )
    refuse_picture(Path(options.output), frames, f"frames={frames} are asked for")
    refuse_output(Path(options.output), options)
    pieces = _grids(network, labels, frames, options, trained)
    return write_new(pieces, frames, options, Fraction(options.fps), trained.progress)


def _labels(network: MoCoGAN, options: Options) -> Tensor | None:
    """(videos,) numbers of the classes; None where there are none."""
    named = None if options.classes is None else [name.strip() for name in options.classes.split("+")]
    numbers = network.numbers(network.classes if named is None else named)
    if not numbers:
        return None
    return torch.tensor([numbers[video % len(numbers)] for video in range(options.videos)])


def _grids(
    network: MoCoGAN, labels: Tensor | None, frames: int, options: Options, trained: Trained
) -> Iterator[Tensor]:
    """All clips beside each other, (1, T, 3, H, W) of the next few frames."""
    at_once = max(1, _AT_ONCE // options.videos)
    label = {} if labels is None else {"label": labels.to(trained.device)}
    state: Tensor | None = None
    for start in range(0, frames, at_once):
        noise = _noise(network, min(at_once, frames - start), start, options, trained.device)
        if state is not None:
            noise["beginning"] = state
        with torch.inference_mode(), trained.mixed():
            made, state = network.stream(**noise, **label)
        yield _grid(made)[None]


def _noise(network: MoCoGAN, frames: int, start: int, options: Options, device: torch.device) -> dict[str, Tensor]:
    """Of frames ``start`` and on of all clips: each has a seed of its own, or stands between two."""
    if options.to_seed is None:
        # The first of one clip is that of any number.
        seeds = torch.tensor([mix("video", options.seed, video) for video in range(options.videos)], device=device)
        return network.noise(seeds, frames, start)
    ends = torch.tensor([mix("video", seed, 0) for seed in (options.seed, options.to_seed)], device=device)
    share = torch.linspace(0, 1, options.videos, device=device)
    return {name: _between(part[0], part[1], share) for name, part in network.noise(ends, frames, start).items()}


def _between(first: Tensor, last: Tensor, share: Tensor) -> Tensor:
    """(N, ...) mixtures of two draws, each as normal as they are: their squared weights add up to 1."""
    angle = (share * math.pi / 2).view(-1, *[1] * first.ndim)
    return angle.cos() * first + angle.sin() * last


def _grid(clips: Tensor) -> Tensor:
    """(N, T, 3, H, W) as (T, 3, H', W'), as square as can be, on black."""
    columns = math.ceil(math.sqrt(len(clips)))
    rows = math.ceil(len(clips) / columns)
    border = _BORDER if len(clips) > 1 else 0
    padded = F.pad(clips, (0, border, 0, border))
    padded = torch.cat([padded, padded.new_zeros(rows * columns - len(clips), *padded.shape[1:])])
    whole = padded.unflatten(0, (rows, columns)).permute(2, 3, 0, 4, 1, 5).flatten(4, 5).flatten(2, 3)
    return whole[..., : whole.shape[-2] - border, : whole.shape[-1] - border]
