"""Runs whose protocol's cases are rates are compared by curves and by BD-rate, too."""

import base64
import csv
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest

from vidgan.comparison import tables
from vidgan.comparison.analysis import Comparison, compare
from vidgan.comparison.page import page
from vidgan.comparison.rate_distortion import plot
from vidgan.comparison.records import RunRecord
from vidgan.metrics.direction import Direction, written

CASES = ("22", "27", "32", "37")
PROTOCOL = {
    "name": "rates",
    "cases": {case: {"conditions": {"crf": int(case)}} for case in CASES},
    "rate_distortion": {"bd_rate": {"anchor": "decoded", "rate": "bpp", "metric": "psnr"}},
}
RATES = (0.4, 0.2, 0.1, 0.05)
DIRECTIONS = {f"{side}_{case}": Direction(side == "psnr") for case in CASES for side in ("bpp", "psnr")}


def scores(gain: float, bd_rate: float) -> dict[str, float]:
    points = {f"bpp_{case}": rate for case, rate in zip(CASES, RATES, strict=True)}
    points |= {f"psnr_{case}": 40 - 3 * number + gain for number, case in enumerate(CASES)}
    return {**points, "bd_rate": bd_rate}


def run(name: str, gain: float, bd_rates: tuple[float, float], protocol: dict[str, Any] | None = None) -> RunRecord:
    summary = {
        "id": name,
        "state": "finished",
        "metrics": scores(gain, sum(bd_rates) / 2),
        "baselines": {"decoded": scores(0, 0), "x265": scores(0.1, -3)},
        **written({**DIRECTIONS, "bd_rate": Direction(False)}),
    }
    clips = {clip: scores(gain, bd_rate) for clip, bd_rate in zip(("meadow", "street"), bd_rates, strict=True)}
    return RunRecord(name, {"name": name, "seed": 0, "protocol": protocol or PROTOCOL, "x": gain}, summary, clips)


@pytest.fixture
def comparison() -> Comparison:
    return compare([run("small", 0.3, (-5.0, -7.0)), run("large", 0.5, (-9.0, -10.0))], "rates")


def test_curves_are_of_runs_and_of_the_methods_beside_them(comparison: Comparison) -> None:
    (rates,) = comparison.rates
    assert list(rates.curves) == ["small", "large", "decoded", "x265"]
    assert rates.curves["small"] == [
        (rate, scores(0.3, 0)[f"psnr_{case}"]) for rate, case in zip(RATES, CASES, strict=True)
    ]
    assert rates.mean == {"small": -6.0, "large": -9.5, "decoded": 0, "x265": -3}
    assert rates.by_clip["large"] == {"meadow": -9.0, "street": -10.0}


def test_tables_hold_points_and_bd_rates(comparison: Comparison) -> None:
    (rates,) = comparison.rates
    grid = tables.rates_grid(rates)
    assert grid.header[:3] == ["", "bpp_22", "psnr_22"]
    assert grid.header[-3:] == ["bd_rate %", "bd_rate % meadow", "bd_rate % street"]
    assert grid.rows[1][:3] == ["large", "0.4000", "40.50"]
    assert grid.rows[1][-3:] == ["-9.5", "-9.0", "-10.0"]
    assert grid.rows[3][-3:] == ["-3.0", "—", "—"]
    assert r"bd\_rate \%" in tables.latex(grid)
    rows = list(csv.DictReader(StringIO(tables.rates_csv(comparison.rates))))
    assert len(rows) == 4 * 4
    assert {key: rows[4][key] for key in ("method", "case", "rate", "quality", "percent", "anchor")} == {
        **{"method": "large", "case": "22", "rate": "0.4", "quality": "40.5", "percent": "-9.5"},
        "anchor": "decoded",
    }


def test_the_page_shows_the_curves(comparison: Comparison) -> None:
    (rates,) = comparison.rates
    kind, _, content = plot(rates).partition(";base64,")
    assert kind == "data:image/svg+xml"
    assert ElementTree.fromstring(base64.b64decode(content)).tag.endswith("svg")
    text = page(comparison, 1.0)
    assert "psnr at each rate" in text
    assert content in text


def test_other_protocols_have_none() -> None:
    plain = {"name": "plain", "cases": PROTOCOL["cases"]}
    assert compare([run("a", 0.3, (-5.0, -7.0), plain)], "t").rates == ()
