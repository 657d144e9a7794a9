"""A protocol of denoising: what is scored, and at which levels of noise."""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

from vidgan.degradations.noise import GaussianNoise
from vidgan.metrics.protocol import Protocol


class NoiseLevels(Protocol):
    """Scores each clip at several levels of white Gaussian noise, which is not clipped and fixed by the clip's name.

    Args:
        sigmas: standard deviations in 8-bit levels.
        frames: the first frames of a clip are scored; None for all.
        arguments: those of :class:`Protocol`; a metric ``psnr`` is reported as ``psnr_10`` and so on.
    """

    def __init__(self, sigmas: Sequence[float], frames: int | None = None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.sigmas = tuple(sigmas)
        self.frames = frames
        self._by_level = {
            sigma: {f"{name}_{sigma:g}": metric for name, metric in self.metrics.items()} for sigma in sigmas
        }
        self.metrics = {name: metric for metrics in self._by_level.values() for name, metric in metrics.items()}

    def levels(self) -> Iterator[tuple[GaussianNoise, Protocol]]:
        """Each level's noise, and the protocol that scores at it."""
        for sigma, metrics in self._by_level.items():
            protocol = copy(self)
            protocol.metrics = metrics
            yield GaussianNoise((sigma, sigma), clip=False), protocol
