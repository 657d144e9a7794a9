"""Rate against quality: curves of variants and of the methods beside them, from a protocol whose cases are rates."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidgan.comparison.records import RunRecord

Point = tuple[float, float]


@dataclass(frozen=True)
class Rates:
    """Curves of one metric of quality.

    Attributes:
        name: the column of the BD-rate, e.g. ``bd_rate``.
        rate, metric: the columns that the axes are, without their cases.
        anchor: the method that BD-rates are taken from.
        cases: what a column's name ends in, in the protocol's order.
        curves: (rate, quality) of each case by label, means over clips and seeds; those of runs first.
        by_clip: BD-rates of the runs by label and clip, means over seeds.
        mean: BD-rates by label, means over clips and seeds.
    """

    name: str
    rate: str
    metric: str
    anchor: str
    cases: tuple[str, ...]
    curves: Mapping[str, Sequence[Point]]
    by_clip: Mapping[str, Mapping[str, float]]
    mean: Mapping[str, float]


def rates_of(
    runs: Mapping[str, Sequence[RunRecord]], baselines: Mapping[str, Mapping[str, float]]
) -> tuple[Rates, ...]:
    """Those that the protocol of some runs asks for; none where it asks for none, or a run has not recorded them.

    Args:
        runs: of one protocol, by the label of their variant; one a seed.
        baselines: mean scores by method.
    """
    every = [run for own in runs.values() for run in own]
    protocol = every[0].protocol
    cases = tuple(f"_{name}" for name in protocol.get("cases") or ())
    found = []
    for name, asked in (protocol.get("rate_distortion") or {}).items():
        sides = asked.get("rate", "bpp"), asked.get("metric", "psnr")
        wanted = [name, *(side + case for side in sides for case in cases)]
        if all(column in run.metrics for run in every for column in wanted):
            found.append(_rates(name, asked, cases, runs, baselines))
    return tuple(found)


def _rates(
    name: str,
    asked: Mapping[str, Any],
    cases: tuple[str, ...],
    runs: Mapping[str, Sequence[RunRecord]],
    baselines: Mapping[str, Mapping[str, float]],
) -> Rates:
    rate, metric = asked.get("rate", "bpp"), asked.get("metric", "psnr")

    def curve(rows: Sequence[Mapping[str, float]]) -> list[Point]:
        return [(_mean(rows, rate + case), _mean(rows, metric + case)) for case in cases]

    scores = {label: [run.metrics for run in own] for label, own in runs.items()}
    every = {**scores, **{method: [own] for method, own in baselines.items() if name in own}}
    clips = {
        label: {clip: _mean([run.clips[clip] for run in own], name) for clip in own[0].clips}
        for label, own in runs.items()
    }
    curves = {label: curve(rows) for label, rows in every.items()}
    return Rates(
        *(name, rate, metric, str(asked.get("anchor")), cases),
        curves={label: points for label, points in curves.items() if all(math.isfinite(x * y) for x, y in points)},
        by_clip=clips,
        mean={label: _mean(rows, name) for label, rows in every.items()},
    )


def _mean(rows: Sequence[Mapping[str, float]], column: str) -> float:
    values = [row.get(column, math.nan) for row in rows]
    return sum(values) / len(values)


def plot(rates: Rates) -> str:
    """The curves as a picture that a page can hold: a data URI of an SVG."""
    import matplotlib.pyplot as plt  # which takes a second

    figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    for label, points in rates.curves.items():
        style: dict[str, Any] = (
            {"linewidth": 2, "linestyle": "-"} if label in rates.by_clip else {"linewidth": 1, "linestyle": "--"}
        )
        xs, ys = zip(*sorted(points), strict=True)
        axes.plot(xs, ys, marker="o", markersize=4, label=label, **style)
    axes.set(xscale="log", xlabel=rates.rate, ylabel=rates.metric)
    for formatted in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        formatted(lambda rate, _: f"{rate:.3g}")
    axes.tick_params(axis="x", which="both", labelsize="small", rotation=30)
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend(fontsize="small")
    content = io.StringIO()
    with plt.rc_context({"svg.hashsalt": rates.name}):  # the same picture each time
        figure.savefig(content, format="svg", metadata={"Date": None})
    plt.close(figure)
    return f"data:image/svg+xml;base64,{base64.b64encode(content.getvalue().encode()).decode()}"
