"""A comparison as tables: CSV for machines, Markdown and LaTeX for people."""

import csv
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from vidgan.comparison.analysis import Comparison, Variant
from vidgan.comparison.rate_distortion import Rates
from vidgan.comparison.records import COSTS
from vidgan.comparison.statistics import CONFIDENCE, RESAMPLES, Difference, Spread

NOTHING = "—"
DIGITS = 4  # significant digits of a mean

SCHEME = (
    "Differences are means over clips, each side averaged over the seeds that both have (over its own where they share "
    f"none). Intervals: {CONFIDENCE:.0%}, percentile bootstrap, {RESAMPLES:,} resamples of clips (paired) and of seeds "
    "(paired where they are shared). p: Wilcoxon signed-rank over clips, two-sided, Holm-corrected over the variants "
    "within each metric; it speaks of the seeds that were run, the interval also of others."
)


@dataclass(frozen=True)
class Grid:
    """A table of text: its first ``left`` columns are words, the others figures; ``best`` are (row, column)."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1
    best: frozenset[tuple[int, int]] = frozenset()


def number(value: float | None, digits: int = DIGITS) -> str:
    """A number with so many significant digits, none of them lost left of the point."""
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return str(value)
    return f"{value:.{_decimals(value, digits)}f}"


def spread_text(value: Spread | None) -> str:
    """Mean and deviation to the same place, e.g. ``28.30 ± 0.02``; one seed has no deviation: ``28.30``."""
    if value is None:
        return NOTHING
    if value.std is None or not math.isfinite(value.mean):
        return number(value.mean)
    return f"{number(value.mean)} ± {value.std:.{_decimals(value.mean, DIGITS)}f}"


def statistic(comparison: Comparison) -> str:
    """What the figures of the summary are."""
    several = any(len(variant.runs) > 1 for variant in comparison.variants)
    return "mean ± sample standard deviation over seeds (n - 1)" if several else "one seed each"


def counted(count: int, one: str) -> str:
    """``1 variant``, ``2 variants``."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def cost_text(name: str, value: Spread | None) -> str:
    if value is None:
        return NOTHING
    return f"{value.mean:,.0f}" if name == "parameters" else number(value.mean, 3)


def interval_text(difference: Difference) -> str:
    if difference.interval is None:
        return NOTHING
    low, high = difference.interval
    decimals = _decimals(difference.mean, 3)
    return f"[{low:+.{decimals}f}, {high:+.{decimals}f}]"


def difference_text(difference: Difference) -> str:
    return f"{difference.mean:+.{_decimals(difference.mean, 3)}f}"


def p_text(p: float | None) -> str:
    if p is None:
        return NOTHING
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def _decimals(value: float, digits: int) -> int:
    if value == 0 or not math.isfinite(value):
        return digits - 1
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def metric_heading(comparison: Comparison, metric: str) -> str:
    return f"{metric} {comparison.metrics[metric].sign}"


def difference_heading(comparison: Comparison, metric: str) -> str:
    """What is subtracted: the score, or its distance from the ideal."""
    ideal = comparison.metrics[metric].ideal
    return metric_heading(comparison, metric) if ideal is None else f"|{metric} - {ideal:g}| ↓"


def best_rows(comparison: Comparison, metric: str) -> list[int]:
    """Variants and baselines with the best mean, as far as the shown digits tell; none where all are alike."""
    means = [variant.score(metric).mean for variant in comparison.variants]
    means += [scores[metric] for scores in comparison.baselines.values()]
    best = number(comparison.metrics[metric].best(means))
    rows = [index for index, mean in enumerate(means) if number(mean) == best]
    return rows if len(rows) < len(means) else []


def describing(comparison: Comparison, variant: Variant) -> list[str]:
    """The cells that say which variant it is: its name, or its value on each axis."""
    if comparison.named or not comparison.axes:
        return [variant.label]
    return [str(variant.values[axis.key]) for axis in comparison.axes]


def describing_heads(comparison: Comparison) -> list[str]:
    if comparison.named or not comparison.axes:
        return ["variant"]
    return list(comparison.axis_names.values())


def pareto_text(comparison: Comparison, label: str, cost: str) -> str:
    """Metrics in which no other variant beats this one for at most the cost."""
    metrics = [metric for metric in comparison.metrics if label in comparison.fronts[metric, cost]]
    return "all metrics" if len(metrics) == len(comparison.metrics) > 1 else ", ".join(metrics) or NOTHING


def summary_grid(comparison: Comparison) -> Grid:
    """One row a variant: mean and deviation of each metric over seeds; then the baselines."""
    heads = describing_heads(comparison)
    rows = [
        [
            *describing(comparison, variant),
            str(len(variant.runs)),
            *(spread_text(variant.score(metric)) for metric in comparison.metrics),
        ]
        for variant in comparison.variants
    ]
    best = {
        (row, column)
        for column, metric in enumerate(comparison.metrics, start=len(heads) + 1)
        for row in best_rows(comparison, metric)
    }
    for method, scores in comparison.baselines.items():
        cells = [number(scores[metric]) for metric in comparison.metrics]
        rows.append([method, *[""] * (len(heads) - 1), NOTHING, *cells])
    header = [*heads, "seeds", *(metric_heading(comparison, metric) for metric in comparison.metrics)]
    return Grid(header, rows, len(heads), frozenset(best))


def axes_grid(comparison: Comparison) -> Grid:
    """One row a key that differs: its values, and the key that it changes only together with."""
    rows = []
    for axis in comparison.axes:
        for key, values in axis.distinct().items():
            rows.append([key, ", ".join(map(str, values)), NOTHING if key == axis.key else axis.key])
    return Grid(["key", "values", "changes only together with"], rows, 3)


def cost_grid(comparison: Comparison) -> Grid:
    """One row a variant: what it takes, and the metrics in which it is on the Pareto front against each cost."""
    rows = [
        [
            *describing(comparison, variant),
            *(cost_text(cost, variant.cost(cost)) for cost in comparison.costs),
            *(pareto_text(comparison, variant.label, cost) for cost in comparison.front_costs),
        ]
        for variant in comparison.variants
    ]
    heads = describing_heads(comparison)
    fronts = [f"Pareto front against {cost}" for cost in comparison.front_costs]
    return Grid([*heads, *(COSTS[cost] for cost in comparison.costs), *fronts], rows, len(heads))


def differences_grid(comparison: Comparison) -> Grid:
    """One row a variant and metric."""
    rows = [
        [
            label,
            difference_heading(comparison, metric),
            difference_text(difference),
            interval_text(difference),
            p_text(difference.p),
            p_text(difference.p_holm),
            str(difference.clips),
            difference.remark,
        ]
        for (label, metric), difference in comparison.differences.items()
    ]
    return Grid(["variant", "metric", "difference", "interval", "p", "p (Holm)", "clips", "remark"], rows, 2)


def rates_grid(rates: Rates) -> Grid:
    """One row a variant or method: rate and quality of each case, the BD-rate in percent, and that of each clip."""
    clips = list(dict.fromkeys(clip for found in rates.by_clip.values() for clip in found))
    rows = []
    for label, points in rates.curves.items():
        values = [value for point in points for value in point]
        by_clip = rates.by_clip.get(label, {})
        told = [percent(rates.mean[label]), *(percent(by_clip.get(clip)) for clip in clips)]
        rows.append([label, *map(number, values), *told])
    heads = [side + case for case in rates.cases for side in (rates.rate, rates.metric)]
    return Grid(["", *heads, f"{rates.name} %", *(f"{rates.name} % {clip}" for clip in clips)], rows)


def percent(value: float | None) -> str:
    return NOTHING if value is None or not math.isfinite(value) else f"{value:+.1f}"


def rates_csv(every: Sequence[Rates]) -> str:
    """Points of all curves and their BD-rates in full precision."""
    return _csv(
        [
            {
                **{"bd_rate": rates.name, "anchor": rates.anchor, "method": label, "case": case.removeprefix("_")},
                **{"rate": rate, "metric": rates.metric, "quality": quality, "percent": rates.mean[label]},
            }
            for rates in every
            for label, points in rates.curves.items()
            for case, (rate, quality) in zip(rates.cases, points, strict=True)
        ]
    )


def markdown_text(text: str) -> str:
    """Text as one line in which nothing is HTML or a link, as a name may be anything."""
    return " ".join(html.escape(text, quote=False).replace("\\", "\\\\").replace("](", "]\\(").split())


def markdown(grid: Grid) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(markdown_text(cell).replace("|", "\\|") for cell in cells) + " |"

    rule = line([":--" if column < grid.left else "--:" for column in range(len(grid.header))])
    rows = [
        line([f"**{cell}**" if (index, column) in grid.best else cell for column, cell in enumerate(row)])
        for index, row in enumerate(grid.rows)
    ]
    return "\n".join([line(grid.header), rule, *rows]) + "\n"


_LATEX = {
    "\\": r"\textbackslash{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\rightarrow$",
    "|": r"$|$",
    "±": r"$\pm$",
    "—": "---",
    "<": r"$<$",
    ">": r"$>$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def latex_text(text: str) -> str:
    """Text with all that LaTeX would take for a command escaped."""
    return "".join(_LATEX.get(sign, sign) for sign in text)


def latex(grid: Grid) -> str:
    """A ``tabular`` of the booktabs package."""

    def line(cells: Sequence[str]) -> str:
        return " & ".join(cells) + r" \\"

    columns = "l" * grid.left + "r" * (len(grid.header) - grid.left)
    rows = [
        line(
            [
                rf"\textbf{{{latex_text(cell)}}}" if (index, column) in grid.best else latex_text(cell)
                for column, cell in enumerate(row)
            ]
        )
        for index, row in enumerate(grid.rows)
    ]
    head = line([latex_text(cell) for cell in grid.header])
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            head,
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def summary_csv(comparison: Comparison) -> str:
    """Means and deviations in full precision; cells that are not known are empty."""
    rows: list[dict[str, Any]] = []
    for variant in comparison.variants:
        row: dict[str, Any] = {"variant": variant.label, **variant.values, **variant.followers}
        row["seeds"] = len(variant.runs)
        for metric in comparison.metrics:
            score = variant.score(metric)
            row |= {metric: score.mean, f"{metric}_std": score.std}
        for cost in comparison.costs:
            spent = variant.cost(cost)
            row |= {cost: spent.mean if spent else None, f"{cost}_std": spent.std if spent else None}
        for metric, cost in comparison.fronts:
            row[f"pareto_{metric}_{cost}"] = int(variant.label in comparison.fronts[metric, cost])
        rows.append(row)
    return _csv(rows)


_OF_DIFFERENCES = (
    *("variant", "reference", "metric", "difference", "low", "high", "p", "p_holm", "clips", "seeds"),
    "reference_seeds",
)


def differences_csv(comparison: Comparison) -> str:
    rows = []
    for (label, metric), difference in comparison.differences.items():
        interval = difference.interval or (None, None)
        values = (label, comparison.reference, metric, difference.mean, *interval, difference.p, difference.p_holm)
        rows.append(dict(zip(_OF_DIFFERENCES, (*values, difference.clips, *difference.seeds), strict=True)))
    return _csv(rows, _OF_DIFFERENCES)


def _csv(rows: Sequence[dict[str, Any]], names: Sequence[str] = ()) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, names or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _no_formula(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _no_formula(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: the text of one is a name that somebody has chosen."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
