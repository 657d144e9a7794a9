"""A protocol whose cases are levels of noise."""

from collections.abc import Sequence
from typing import Any

from vidgan.degradations.noise import GaussianNoise
from vidgan.errors import UserError
from vidgan.protocols.case import Case
from vidgan.protocols.protocol import Protocol


class MultiSigma(Protocol):
    """Scores each clip at several levels of white Gaussian noise, which is not clipped and fixed by the clip's name.

    A metric ``psnr`` is reported as ``psnr_10`` and so on.

    Args:
        sigmas: standard deviations in 8-bit levels, at least one.
        frames: the first frames of a clip are scored; None for all.
        arguments: those of :class:`Protocol`, degradation and cases aside.

    Raises:
        UserError: there are no levels.
    """

    def __init__(self, sigmas: Sequence[float], frames: int | None = None, **arguments: Any) -> None:
        if not sigmas:
            raise UserError("protocol.sigmas is empty; give the levels of noise, e.g. [10, 20, 30]")
        self.frames = frames
        super().__init__(**arguments, cases={f"{sigma:g}": Case(_white(sigma)) for sigma in sigmas})


def _white(sigma: float) -> GaussianNoise:
    return GaussianNoise((sigma, sigma), clip=False)
