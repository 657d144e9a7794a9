"""A metric and a protocol of the lab's own."""

from torch import Tensor

from vidgan.metrics.base import Metric
from vidgan.protocols.protocol import Protocol


class BrightnessRatio(Metric):
    """Mean of the made clip over that of the real one: 1 is right."""

    higher_is_better = True
    ideal = 1.0

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        return float(fake.mean() / real.mean())


class Brightness(Protocol):
    """The ratio alone, of all frames."""

    def __init__(self, name: str, follows: str, quantize: bool = True) -> None:
        super().__init__(name, follows, {"brightness_ratio": BrightnessRatio()}, quantize=quantize)
