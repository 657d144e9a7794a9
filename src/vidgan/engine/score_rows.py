"""Scores of clips as rows, a row a method: gathered from ranks, and their means."""

import math
from collections.abc import Sequence
from typing import Any

import torch.distributed as dist

from vidgan.engine.monitoring import distributed
from vidgan.protocols.protocol import Protocol
from vidgan.protocols.rate_distortion import bd_rate

Row = dict[str, Any]
MODEL = "model"  # the method that is being trained; all others are baselines
_PLACE = ("method", "clip", "iteration")  # what in a row is no score


def mean_scores(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Means over clips (each clip counts once, as in VRT) by method and metric, the same clips for all methods.

    A clip does not count where a metric is a number for no method, see :func:`uncounted`. Where it is one for others,
    the mean of the method that has none is no number either.
    """
    without = uncounted(rows)
    means: dict[str, dict[str, float]] = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        scores = {name: [row[name] for row in own if row["clip"] not in without[name]] for name in _metrics(own)}
        means[method] = {name: sum(known) / len(known) if known else math.nan for name, known in scores.items()}
    return means


def uncounted(rows: Sequence[Row]) -> dict[str, set[str]]:
    """By metric, the clips where it is a number for no method, e.g. a ratio to a real clip in which nothing moves."""
    clips = {row["clip"] for row in rows}
    return {
        name: clips - {row["clip"] for row in rows if not math.isnan(row.get(name, math.nan))}
        for name in _metrics(rows)
    }


def _metrics(rows: Sequence[Row]) -> list[str]:
    return [name for name in dict.fromkeys(name for row in rows for name in row) if name not in _PLACE]


def gathered(rows: list[Row]) -> list[Row]:
    """The rows of all ranks, by clip name.

    A clip counts once: where there are fewer clips than ranks, the data module gives some clip to several.
    """
    if distributed():
        parts: list[Any] = [None] * dist.get_world_size()
        dist.all_gather_object(parts, rows)
        rows = list({(row["method"], row["clip"]): row for part in parts for row in part}.values())
    return sorted(rows, key=lambda row: (row["method"] != MODEL, row["method"], row["clip"]))


def add_bd_rates(rows: Sequence[Row], protocol: Protocol) -> None:
    """Gives each row of a clip that an anchor of the protocol was scored on, too, what compares it with that."""
    cases = list(protocol.cases)
    for name, wanted in protocol.rate_distortion.items():
        anchors = {row["clip"]: row for row in rows if row["method"] == wanted.anchor}
        for row in rows:
            if anchor := anchors.get(row["clip"]):
                known, tested = wanted.points(anchor, cases), wanted.points(row, cases)
                row[name] = bd_rate(known, tested, f"{row['method']} on {row['clip']}")
