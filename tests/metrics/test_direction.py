"""Which of two scores is better, and what a run's summary keeps of it."""

import json
import math

import pytest

from vidgan.metrics.direction import Direction, read, written
from vidgan.metrics.flicker import FlickerFactor
from vidgan.metrics.sharpness import GradientRatio

HIGHER, LOWER, ONE = Direction(higher=True), Direction(higher=False), Direction(higher=True, ideal=1.0)


@pytest.mark.parametrize(("direction", "best", "sign"), [(HIGHER, 2.2, "↑"), (LOWER, 0.5, "↓"), (ONE, 0.9, "→ 1")])
def test_the_best_of_some_scores(direction: Direction, best: float, sign: str) -> None:
    assert direction.best([0.5, math.nan, 2.2, 0.9]) == best
    assert direction.sign == sign
    assert math.isnan(direction.best([math.nan]))


def test_ratios_to_the_real_clip_are_best_at_one() -> None:
    assert [metric.direction.ideal for metric in (GradientRatio(), FlickerFactor())] == [1.0, 1.0]


def test_a_summary_keeps_directions() -> None:
    directions = {"psnr": HIGHER, "tof": LOWER, "gradient_ratio": ONE}
    assert read(json.loads(json.dumps(written(directions)))) == directions
    assert read({"higher_is_better": {"psnr": True}}) == {"psnr": HIGHER}  # written before there were ideals
    assert read({}) == {}
