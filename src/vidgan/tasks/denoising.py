"""Video denoising: noisy clips to clean ones of the same size."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.degradations.base import Degradation, quantized
from vidgan.degradations.noise_level import estimate_deviation, with_noise_map
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.scene import Made
from vidgan.engine.scoring import MODEL, Baseline, Row
from vidgan.errors import UserError
from vidgan.metrics.noise_levels import NoiseLevels
from vidgan.video.classical import Denoiser, denoisers


class Denoising(AdversarialTask):
    """Noisy clips (B, T, 3, H, W) to clean ones.

    The condition is the noisy clip, and for generators that ask for it a map of the noise's deviation in a fourth
    channel: what the degradation tells of itself, or a blind estimate where it cannot tell.

    Args:
        degradation: what clips suffer; those of validation and test, where the protocol does not say.
        blind: give estimates in validation and test, as on videos whose noise nobody knows.
        middle_only: train on the middle frame of a clip alone, so that a generator that sees two frames on either side
            is trained on five real ones (FastDVDnet).
        arguments: those of :class:`AdversarialTask`.

    Attributes:
        seconds: time that each method took for each clip of the last validation or test, a frame.
    """

    shown = ("noisy", "ffmpeg_nlmeans", MODEL, "real")

    def __init__(
        self,
        degradation: Degradation,
        blind: bool = False,
        middle_only: bool = False,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.degradation = degradation
        self.blind = blind
        self.middle_only = middle_only
        self.seconds: dict[str, list[float]] = defaultdict(list)
        for name, scale in (("networks.generator", self.generator.scale), ("degradation", degradation.scale)):
            if scale != 1:
                raise UserError(f"{name} has a scale of {scale}; denoising keeps the size: choose one of scale 1.")

    @property
    def generator(self) -> Any:
        return self.network("generator")

    def condition(self, clip: Clip) -> Tensor:
        degradation = self.degrading
        with torch.no_grad(), torch.autocast(clip.frames.device.type, enabled=False):
            noisy = degradation(clip.frames, clip.randomness)
            if not self.generator.noise_map:
                return noisy
            known = None if self.blind and not self.training else degradation.deviation(noisy, clip.randomness)
            return with_noise_map(noisy, _estimates(noisy) if known is None else known)

    def target(self, clip: Clip) -> Tensor:
        return clip.frames[:, self._compared(clip.frames)]

    def generate(self, condition: Tensor) -> Made:
        if self.training:
            compared = self._compared(condition)
            if self.generator.temporal == "window":
                return Made(self.generator.between(condition, compared.start, compared.stop))
            return Made(self.generator(condition)[:, compared])
        with self._timed(MODEL, condition):
            return Made(self.generator(condition))

    def _compared(self, frames: Tensor) -> slice:
        count = frames.shape[1]
        middle = count // 2
        return slice(middle, middle + 1) if self.training and self.middle_only else slice(0, count)

    # Scores ------------------------------------------------------------------------------------------------------

    def given(self, condition: Tensor) -> dict[str, Tensor]:
        return {"noisy": quantized(condition[:, :, :3])}

    def baselines(self) -> dict[str, Baseline]:
        return {name: partial(self._classical, name, method) for name, method in denoisers().items()}

    def _classical(self, name: str, method: Denoiser, clip: Clip, condition: Tensor) -> Tensor:
        noisy = self.given(condition)["noisy"]
        deviation = condition[:, :, 3:].mean().item() if self.generator.noise_map else estimate_deviation(noisy[0])
        frames = (noisy[0] * 255).round().byte().permute(0, 2, 3, 1).contiguous().cpu().numpy()
        with self._timed(name, noisy):
            made = method(frames, 255 * deviation)
        return torch.from_numpy(made).to(noisy.device).permute(0, 3, 1, 2)[None].float() / 255

    def _score(self, clip: Clip, with_baselines: bool) -> None:
        protocol = self.protocol
        if not isinstance(protocol, NoiseLevels):
            super()._score(clip, with_baselines)
            return
        name = clip.names[0]
        rows, kept = self.rows, self._kept
        scored: dict[str, list[Row]] = {}
        collected: dict[str, list[Row]] = {}
        for level, noise in protocol.levels():
            protocol.degradation = noise
            self.rows, self._kept = scored[level], collected[level] = [], []
            at_level = replace(clip, frames=clip.frames[:, : protocol.frames], names=[name + level])
            super()._score(at_level, with_baselines)
        self.rows = rows + _side_by_side(name, scored)
        self._kept = kept + _side_by_side(name, collected)

    @contextmanager
    def _timed(self, method: str, clip: Tensor) -> Iterator[None]:
        _wait_for(clip.device)
        started = time.perf_counter()
        yield
        _wait_for(clip.device)
        self.seconds[method].append((time.perf_counter() - started) / clip.shape[1])

    def on_test_epoch_start(self) -> None:
        super().on_test_epoch_start()
        self.seconds.clear()

    def on_test_epoch_end(self) -> None:
        super().on_test_epoch_end()
        if self.trainer.is_global_zero:
            means = (f"{method} {sum(times) / len(times):.3f}" for method, times in self.seconds.items())
            print(f"seconds a frame: {', '.join(means)}")


def _side_by_side(clip: str, levels: Mapping[str, list[Row]]) -> list[Row]:
    """What was found of a clip at each level, a row a method, in one row a method: ``psnr`` becomes ``psnr_10``, ..."""
    merged = []
    for rows in zip(*levels.values(), strict=True):
        found = {
            name + level: value
            for level, row in zip(levels, rows, strict=True)
            for name, value in row.items()
            if name not in ("method", "clip")
        }
        merged.append({"method": rows[0]["method"], "clip": clip, **found})
    return merged


def _wait_for(device: torch.device) -> None:
    """Until all that was queued is done, which the clock would else count elsewhere."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _estimates(noisy: Tensor) -> Tensor:
    """(B, 1, 1, 1, 1) blind estimates, one for each clip of (B, T, C, H, W)."""
    return noisy.new_tensor([estimate_deviation(clip) for clip in noisy]).view(-1, 1, 1, 1, 1)
