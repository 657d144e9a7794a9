"""Figures of a comparison: spread over seeds, paired differences over clips, and who is dominated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np
from scipy.stats import wilcoxon

from vidgan.metrics.direction import Direction

Scores = np.ndarray

CONFIDENCE = 0.95
RESAMPLES = 10_000
#: With fewer clips no two-sided signed-rank p is below 0.05 (2 / 2**5 = 0.0625), and an interval is too narrow.
MIN_CLIPS = 6


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (n - 1) over seeds; one seed has no deviation."""

    mean: float
    std: float | None
    count: int


def spread(values: Sequence[float]) -> Spread:
    array = np.asarray(values, float)
    return Spread(float(array.mean()), float(array.std(ddof=1)) if len(array) > 1 else None, len(array))


@dataclass(frozen=True)
class Difference:
    """A variant minus the reference in one metric.

    Attributes:
        mean: over clips, each side averaged over its seeds first; over those that both have, if any.
        interval: bootstrap confidence interval; None where the clips are too few.
        p: two-sided Wilcoxon signed-rank over clips; None where the clips are too few. It speaks of these seeds alone.
        p_holm: the same, corrected for the number of variants compared in this metric.
        clips: pairs.
        seeds: of the variant and of the reference.
    """

    mean: float
    interval: tuple[float, float] | None
    p: float | None
    clips: int
    seeds: tuple[int, int]
    p_holm: float | None = None

    def corrected(self, p_holm: float | None) -> "Difference":
        return replace(self, p_holm=p_holm)

    @property
    def remark(self) -> str:
        """What limits it, in words; empty where nothing does."""
        if self.interval is None:
            return f"{self.clips} clips: too few for an interval or a test, {MIN_CLIPS} are needed"
        return "one seed: spread over seeds is not in the interval" if min(self.seeds) == 1 else ""


def paired_difference(variant: Scores, reference: Scores, same_seeds: bool) -> Difference:
    """The difference between two variants on the same clips.

    Args:
        variant: (seeds, clips).
        reference: (its seeds, the same clips).
        same_seeds: whether both have the same seeds in the same order.
    """
    by_clip = variant.mean(0) - reference.mean(0)
    enough = len(by_clip) >= MIN_CLIPS and bool(np.isfinite(by_clip).all())
    return Difference(
        mean=float(by_clip.mean()) if by_clip.size else nan,
        interval=bootstrap(variant, reference, same_seeds) if enough else None,
        p=signed_rank(by_clip) if enough else None,
        clips=len(by_clip),
        seeds=(len(variant), len(reference)),
    )


def bootstrap(variant: Scores, reference: Scores, same_seeds: bool, seed: int = 0) -> tuple[float, float]:
    """Percentile interval of the mean difference, clips and seeds resampled.

    Each resample draws clips with replacement, the same for both sides, and seeds with replacement: the same for both
    sides where they have the same seeds (one seed means the same initialization and the same data), for each side its
    own otherwise. Own code because scipy's bootstrap knows one level of sampling only.
    """
    generator = np.random.default_rng(seed)

    def weights(count: int) -> Scores:
        return generator.multinomial(count, np.full(count, 1 / count), RESAMPLES) / count

    clips, seeds = weights(variant.shape[1]), weights(len(variant))
    means = seeds @ variant - (seeds if same_seeds else weights(len(reference))) @ reference
    tails = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    low, high = np.quantile((clips * means).sum(1), tails)
    return float(low), float(high)


def signed_rank(differences: Scores) -> float:
    """Two-sided p of the Wilcoxon signed-rank test; 1 where nothing differs."""
    return float(wilcoxon(differences).pvalue) if differences.any() else 1.0


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction (1979) of the p values there are. Own code: scipy has none."""
    known = sorted((p, index) for index, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    largest = 0.0
    for rank, (p, index) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        corrected[index] = largest
    return corrected


def pareto_front(points: Mapping[str, tuple[float, float]], direction: Direction) -> set[str]:
    """Names of the points that no other beats: at most the cost, at least the quality, and one of them strictly.

    Args:
        points: (cost, quality) by name; less cost is better, and a quality that is no number beats nothing.
        direction: which way the quality improves.
    """
    known = {name: (cost, direction.quality(score)) for name, (cost, score) in points.items() if not isnan(score)}

    def beaten(name: str) -> bool:
        cost, quality = known[name]
        return any(
            other_cost <= cost and other >= quality and (other_cost < cost or other > quality)
            for other_cost, other in known.values()
        )

    return {name for name in known if not beaten(name)}
