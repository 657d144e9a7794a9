"""A protocol of key points over time."""

from torch import Tensor

from vidgan.metrics.base import Metric
from vidgan.protocols.protocol import Protocol


class TrackProtocol(Protocol):
    """Applies metrics to key points (T, K, 2) in pixels, as they are.

    Args:
        name: what the table calls it.
        follows: whose protocol this is, and where it is written down.
        metrics: metrics by the name of their column.
    """

    def __init__(self, name: str, follows: str, metrics: dict[str, Metric]) -> None:
        super().__init__(name, follows, metrics, quantize=False)

    def prepared(self, frames: Tensor) -> Tensor:
        return frames.float()
