"""A protocol of denoising: what is scored, and at which levels of noise."""

from collections.abc import Iterator, Sequence
from typing import Any

from vidgan.degradations.noise import GaussianNoise
from vidgan.metrics.protocol import Protocol


class NoiseLevels(Protocol):
    """Scores each clip at several levels of white Gaussian noise, which is not clipped and fixed by the clip's name.

    A metric ``psnr`` is reported as ``psnr_10`` and so on.

    Args:
        sigmas: standard deviations in 8-bit levels.
        frames: the first frames of a clip are scored; None for all.
        arguments: those of :class:`Protocol`.
    """

    def __init__(self, sigmas: Sequence[float], frames: int | None = None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.sigmas = tuple(sigmas)
        self.frames = frames

    def levels(self) -> Iterator[tuple[str, GaussianNoise]]:
        """What is added to the names of the metrics, and the noise, level by level."""
        for sigma in self.sigmas:
            yield f"_{sigma:g}", GaussianNoise((sigma, sigma), clip=False)

    @property
    def higher_is_better(self) -> dict[str, bool]:
        each = super().higher_is_better
        return {name + level: better for level, _ in self.levels() for name, better in each.items()}
