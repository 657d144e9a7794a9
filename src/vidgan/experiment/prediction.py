"""Applying a network to a video, a picture or a folder of frames, of any length, in constant memory."""

import logging
from collections.abc import Iterator
from pathlib import Path

import torch
from omegaconf import DictConfig

from vidgan.console import say
from vidgan.engine.hardware import choose_precision
from vidgan.engine.optimization import channels_last
from vidgan.errors import UserError
from vidgan.experiment.build import device_kind, refuse_absent_device
from vidgan.experiment.networks import load_generator
from vidgan.generators.base import Generator, as_generator
from vidgan.inference.inputs import Input
from vidgan.inference.noise import SAMPLE, WithNoiseMap, measured
from vidgan.inference.placing import Item, in_place
from vidgan.inference.processing import process
from vidgan.inference.streaming import stream
from vidgan.inference.tiling import Tiled
from vidgan.inference.video_options import VideoOptions

logger = logging.getLogger(__name__)

DTYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16, "32-true": None}


def predict(config: DictConfig) -> Path:
    """Applies the generator of a run or of a file of weights; returns the path of what was written.

    Raises:
        UserError: the run, the weights, the input or the output is at fault; nothing half-written is left.
    """
    refuse_absent_device(config.machine)
    if config.chunk < 1:
        raise UserError(f"chunk={config.chunk}: at least one frame is computed at once.")
    kind = device_kind(config.machine)
    if config.machine.threads is not None:
        torch.set_num_threads(config.machine.threads)
    generator = as_generator(load_generator(config, "vidgan-predict")).to(kind)
    channels_last(generator)
    dtype = DTYPES[choose_precision(config.machine.precision, kind)]

    def work(given: Input) -> Iterator[Item]:
        used, given = _informed(generator, given, config.sigma)
        used = Tiled(used, config.tile) if config.tile is not None else used
        return in_place(given.items, lambda frames: stream(used, frames, chunk=config.chunk, precision=dtype))

    fields = VideoOptions.__dataclass_fields__
    options = VideoOptions(**{name: config[name] for name in fields})
    out = process(Path(config.input), Path(config.output), work, options, config.machine.progress)
    say(f"written to {out}")
    return out


def _informed(generator: Generator, given: Input, sigma: float | None) -> tuple[Generator, Input]:
    """The generator, told how noisy its frames are if it asks, and the frames.

    Raises:
        UserError: a level is given that cannot be used.
    """
    if not generator.noise_map:
        if sigma is not None:
            raise UserError(f"sigma={sigma}: the generator does not ask for a noise level; leave it out.")
        return generator, given
    if sigma is not None:
        if not 0 <= sigma <= 255:
            raise UserError(f"sigma={sigma} is no standard deviation in 8-bit levels; give one between 0 and 255.")
        return WithNoiseMap(generator, sigma / 255), given
    deviation, given = measured(given)
    told = f"noise level {255 * deviation:.1f} of 255, estimated from the first {SAMPLE} frames; sigma=... sets another"
    say(told)
    return WithNoiseMap(generator, deviation), given
