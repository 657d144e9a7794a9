"""A comparison as one HTML page that holds all it shows."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from vidgan import __version__
from vidgan.comparison import media, tables
from vidgan.comparison.analysis import FRONT_COSTS, Comparison, Variant
from vidgan.comparison.rate_distortion import plot
from vidgan.comparison.records import Curve
from vidgan.comparison.statistics import spread

POINTS = 400  # most points of a curve


def page(comparison: Comparison, budget_mb: float) -> str:
    """The page's text.

    Args:
        budget_mb: most megabytes of pictures and videos; what does not fit is named instead.
    """
    files = resources.files("vidgan.comparison")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    budget = media.Budget(budget_mb)
    curves = _curves(comparison.variants)
    strips = media.strips(comparison.variants, budget)
    videos = media.videos(comparison.variants, budget)
    labels = [variant.label for variant in comparison.variants]
    return environment.from_string(files.joinpath("page.html").read_text(encoding="utf-8")).render(
        comparison=comparison,
        runs=sum(len(variant.runs) for variant in comparison.variants),
        summary=tables.summary_grid(comparison),
        cost=tables.cost_grid(comparison),
        rates=[(rates, plot(rates), tables.rates_grid(rates)) for rates in comparison.rates],
        axes=[axis.distinct() for axis in comparison.axes],
        forest=_forest(comparison),
        scheme=tables.SCHEME,
        front_costs=comparison.front_costs,
        difference_names={metric: tables.difference_heading(comparison, metric) for metric in comparison.metrics},
        first_curve=next((name for metric in comparison.metrics if (name := f"val/{metric}") in curves), None),
        strips=strips,
        videos=[{"index": labels.index(label), "label": label, "uri": uri} for label, uri in videos.items()],
        omitted=_omitted(budget, budget_mb),
        data={
            "variants": labels,
            "headings": {metric: tables.metric_heading(comparison, metric) for metric in comparison.metrics},
            "curves": curves,
            "points": [_point(comparison, variant) for variant in comparison.variants],
            "fronts": {
                f"{metric} {cost}": [labels.index(label) for label in front]
                for (metric, cost), front in comparison.fronts.items()
            },
        },
        statistic=tables.statistic(comparison),
        version=__version__,
        made=time.strftime("%Y-%m-%d %H:%M"),
        css=Markup(files.joinpath("page.css").read_text(encoding="utf-8")),
        js=Markup(files.joinpath("page.js").read_text(encoding="utf-8")),
    )


def _forest(comparison: Comparison) -> list[dict[str, Any]]:
    """Rows of the table of differences; places on the plot are in 0..200, right of 100 is better."""
    labels = [variant.label for variant in comparison.variants]
    rows = []
    for metric, direction in comparison.metrics.items():
        own = {label: found for (label, name), found in comparison.differences.items() if name == metric}
        reach = max((abs(end) for one in own.values() for end in (one.mean, *(one.interval or ()))), default=0) or 1
        scale = (90 if direction.higher and direction.ideal is None else -90) / reach
        for label, one in own.items():
            low, high = one.interval or (None, None)
            rows.append(
                {
                    **asdict(one),
                    "metric": metric,
                    "label": label,
                    "index": labels.index(label),
                    "difference": tables.difference_text(one),
                    "interval": tables.interval_text(one),
                    "low": None if low is None else round(100 + scale * low, 1),
                    "middle": round(100 + scale * one.mean, 1),
                    "high": None if high is None else round(100 + scale * high, 1),
                    "p": tables.p_text(one.p),
                    "p_holm": tables.p_text(one.p_holm),
                    "remark": one.remark,
                }
            )
    return rows


def _point(comparison: Comparison, variant: Variant) -> dict[str, Any]:
    """Where a variant is in the scatter plot: costs, and [mean, deviation] of each metric."""
    costs = {name: variant.cost(name) for name in FRONT_COSTS}
    scores = {metric: variant.score(metric) for metric in comparison.metrics}
    return {
        **{name: spent.mean if spent else None for name, spent in costs.items()},
        **{metric: [_finite(score.mean), _finite(score.std)] for metric, score in scores.items()},
    }


def _finite(value: float | None) -> float | None:
    """JSON has no other numbers."""
    return value if value is not None and math.isfinite(value) else None


def _curves(variants: Sequence[Variant]) -> dict[str, list[list[tuple[int, float, float]]]]:
    """By name and variant: iteration, mean over seeds, deviation (0 for one seed)."""
    names = dict.fromkeys(name for variant in variants for run in variant.runs for name in run.curves)
    ordered = sorted(names, key=lambda name: (not name.startswith("val/"), not name.startswith("loss/"), name))
    return {
        name: [_joined([run.curves[name] for run in variant.runs if name in run.curves]) for variant in variants]
        for name in ordered
    }


def _joined(curves: Sequence[Curve]) -> list[tuple[int, float, float]]:
    """Mean and deviation where all seeds have a finite point, thinned evenly."""
    if not curves:
        return []
    values = [dict(curve) for curve in curves]
    shared = sorted(set.intersection(*map(set, values)))
    thinned = shared[:: -(-len(shared) // POINTS) or 1]
    found = ((iteration, spread([value[iteration] for value in values])) for iteration in thinned)
    return [(at, figures.mean, figures.std or 0.0) for at, figures in found if math.isfinite(figures.mean)]


def _omitted(budget: media.Budget, budget_mb: float) -> str:
    told = []
    if budget.refused:
        told.append(
            f"Left out, as pictures and videos may take {budget_mb:g} MB (budget_mb): "
            f"{', '.join(dict.fromkeys(budget.refused))}. They are in the run folders."
        )
    if budget.damaged:
        told.append(f"Left out, as they cannot be read: {', '.join(dict.fromkeys(budget.damaged))}.")
    return " ".join(told)
