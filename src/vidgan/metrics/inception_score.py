"""The Inception score: is each made picture clearly of something, and are they of many things?"""

from dataclasses import dataclass
from functools import reduce

from torch import Tensor

from vidgan.metrics.torchscript import TorchScriptMetric


@dataclass(frozen=True)
class Predictions:
    """Of class probabilities p: how many, their sum (D,) and the sum of their p log p, in double precision."""

    count: int
    total: Tensor
    information: float


class InceptionScore(TorchScriptMetric):
    """exp of the mean divergence of a picture's classes from those of all (Salimans et al. 2016, section 4).

    Over all frames of the test at once, where the paper averages ten parts: it is higher by a little. On the network of
    :class:`vidgan.metrics.frechet.FID`, with ``arguments: {no_output_bias: true}``, as the original has no bias there.
    The real pictures do not count; they have a score of their own, the control ``ground truth``.
    """

    higher_is_better = True
    piecewise = True
    url = "inception-2015-12-05.pt, NVIDIA's metrics for StyleGAN"

    def collect(self, fake: Tensor, real: Tensor) -> Predictions:
        probabilities = self.applied(fake).double().cpu()
        return Predictions(len(probabilities), probabilities.sum(0), float(probabilities.xlogy(probabilities).sum()))

    def merge(self, kept: Predictions, more: Predictions) -> Predictions:
        return Predictions(kept.count + more.count, kept.total + more.total, kept.information + more.information)

    def combine(self, parts: list[Predictions]) -> float:
        whole = reduce(self.merge, parts)
        mean = whole.total / whole.count
        divergence = whole.information / whole.count - mean.xlogy(mean).sum()
        return float(divergence.exp())
