"""Figures against hand computation, scipy and what must hold of any data."""

import math

import numpy as np
import pytest
import scipy.stats

from tests.rounding import FLOAT64
from vidgan.comparison.statistics import bootstrap, holm, paired_difference, pareto_front, signed_rank, spread
from vidgan.metrics.direction import Direction

RISING = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])


def test_the_deviation_is_that_of_a_sample() -> None:
    assert spread([2.0, 4.0, 9.0]).mean == 5.0
    assert spread([2.0, 4.0, 9.0]).std == pytest.approx(np.sqrt(((-3) ** 2 + 1 + 4**2) / 2), rel=FLOAT64)
    assert spread([2.0]).std is None


def test_a_difference_by_hand() -> None:
    variant = np.array([[3.0, 4.0], [5.0, 6.0]])
    found = paired_difference(variant, np.array([[1.0, 4.0]]), same_seeds=False)
    assert found.mean == 2.0  # clips: 4 - 1 and 5 - 4
    assert (found.clips, found.seeds) == (2, (2, 1))


def test_too_few_clips_are_said() -> None:
    found = paired_difference(RISING[:, :5], RISING[:, :5] * 0, same_seeds=True)
    assert (found.mean, found.interval, found.p) == (3.0, None, None)
    assert found.remark == "5 clips: too few for an interval or a test, 6 are needed"
    assert paired_difference(RISING, RISING * 0, same_seeds=True).remark.startswith("one seed")


def test_scores_that_are_not_finite_are_not_tested() -> None:
    found = paired_difference(np.where(RISING == 3, np.inf, RISING), RISING * 0, same_seeds=True)
    assert (found.mean, found.interval, found.p) == (np.inf, None, None)


def test_signed_rank_by_hand_and_by_scipy() -> None:
    assert signed_rank(RISING[0]) == 2 / 2**6  # of all signs only two are as extreme
    mixed = np.array([0.3, -0.1, 0.5, 0.7, -0.2, 0.9, 1.1])
    assert signed_rank(mixed) == scipy.stats.wilcoxon(mixed, method="exact").pvalue
    assert signed_rank(np.zeros(8)) == 1.0


def test_holm_by_hand() -> None:
    # 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 is raised to its forerunner.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02], rel=FLOAT64)
    assert holm([0.6, None, 0.7]) == [1.0, None, 1.0]
    assert holm([]) == []


def test_equal_scores_have_an_interval_of_zero() -> None:
    scores = np.random.default_rng(1).normal(size=(3, 8))
    assert bootstrap(scores, scores, same_seeds=True) == (0.0, 0.0)


def test_what_seeds_share_is_no_difference() -> None:
    scores = np.random.default_rng(1).normal(size=(3, 8))
    assert bootstrap(scores + 1, scores, same_seeds=True) == pytest.approx((1, 1), rel=FLOAT64)
    low, high = bootstrap(scores + 1, scores, same_seeds=False)
    assert low < 1 < high


def test_the_interval_is_the_same_again_and_holds_the_mean() -> None:
    random = np.random.default_rng(2)
    variant, reference = random.normal(1, 1, (3, 10)), random.normal(0, 1, (4, 10))
    interval = bootstrap(variant, reference, same_seeds=False)
    assert interval == bootstrap(variant, reference, same_seeds=False)
    assert interval[0] < variant.mean() - reference.mean() < interval[1]
    assert bootstrap(reference, variant, same_seeds=False)[0] < -interval[0]


def test_with_one_seed_it_is_scipys_percentile_bootstrap_over_clips() -> None:
    by_clip = np.random.default_rng(3).normal(2, 1, 12)
    own = bootstrap(by_clip[None], np.zeros((1, 12)), same_seeds=True)
    theirs = scipy.stats.bootstrap((by_clip,), np.mean, n_resamples=200_000, method="percentile", rng=0)
    # An end of 10,000 resamples has a standard error of 0.027 deviations of a mean of 12 clips: four of them.
    assert own == pytest.approx(tuple(theirs.confidence_interval), abs=0.03 * by_clip.std())


def test_pareto_by_hand() -> None:
    points = {
        "cheap": (1.0, 10.0),
        "good": (3.0, 30.0),
        "between": (2.0, 20.0),
        "worse": (2.5, 20.0),
        "dear": (4.0, 30.0),
    }
    assert pareto_front(points, Direction(higher=True)) == {"cheap", "between", "good"}
    assert pareto_front({**points, "lost": (0.5, math.nan)}, Direction(higher=True)) == {"cheap", "between", "good"}
    assert pareto_front(points, Direction(higher=False)) == {"cheap"}
    assert pareto_front({"a": (1.0, 1.0), "b": (1.0, 1.0)}, Direction(higher=True)) == {"a", "b"}
    assert pareto_front({}, Direction(higher=True)) == set()
