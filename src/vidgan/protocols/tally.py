"""The scores of one clip, added up while its pieces come: of what is worked through, little is kept."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vidgan.metrics.base import Mean, Metric, PiecewiseMetric, SetMetric
from vidgan.metrics.color import luma

if TYPE_CHECKING:
    from vidgan.protocols.protocol import Protocol

_PIXELS = 1 << 23  # of the frames that are prepared at once


class Tally:
    """Scores one clip under a protocol, piece by piece; metrics that need whole clips are given them at the end.

    Args:
        protocol: how frames are prepared, and which of them count.
        metrics: of the protocol, by name.
        total: frames of the whole clip.
    """

    def __init__(self, protocol: "Protocol", metrics: Mapping[str, Metric], total: int) -> None:
        self._protocol, self._metrics, self._total = protocol, metrics, total
        self._counted = protocol.counted(total)
        self._before = max((m.before for m in metrics.values() if isinstance(m, PiecewiseMetric)), default=0)
        self._kept = {name for metric in metrics.values() if not _piecewise(metric) for name in metric.asked}
        self._means: dict[str, Mean] = {}
        self._parts: dict[str, Any] = {}
        self._last: dict[str, Tensor] = {}
        self._whole: list[dict[str, Tensor]] = []

    def add(self, fake: Tensor, real: Tensor, known: Mapping[str, Tensor], start: int = 0) -> None:
        """Takes the next frames of the clip.

        Args:
            fake, real: (T, 3, H, W) RGB in [0, 1].
            known: see :meth:`vidgan.protocols.protocol.Protocol.score`, of these frames.
            start: number of the first of them in the clip.

        Raises:
            UserError: fake and real differ in shape, nothing of the clip counts, or a metric refuses it.
        """
        protocol = self._protocol
        protocol.refuse_other_shape(fake, real)
        if not self._counted:
            raise protocol.nothing_left(self._total, real.shape[-2:])
        known = {name: value for name, value in known.items() if name in self._kept}
        at_once = len(fake) if known else max(1, _PIXELS // (real.shape[-2] * real.shape[-1]))
        for first in range(0, len(fake), at_once):
            chosen = slice(
                max(first, self._counted.start - start), min(first + at_once, len(fake), self._counted.stop - start)
            )
            if chosen.start < chosen.stop:
                self._take(fake[chosen], real[chosen], protocol.known_of(known, chosen, real.shape[-2:]))

    def scores(self) -> dict[str, float]:
        """The clip's score by the name of the metric, those of the whole test aside; NaN where it is not fed.

        Raises:
            UserError: a metric refuses the clip.
        """
        given = self._given()
        scores = {}
        for name, metric in self._metrics.items():
            if isinstance(metric, PiecewiseMetric):
                measured = self._means.get(name)
                scores[name] = measured.value if measured else metric(**self._sides(metric, self._last))
            elif not isinstance(metric, SetMetric):
                there = {**given, **self._sides(metric, given)}
                lacking = metric.asked.absent(there)  # a baseline makes frames, and seldom more
                scores[name] = math.nan if lacking else metric(**metric.asked.of(there, name))
        return scores

    def kept(self) -> dict[str, Any]:
        """What metrics of the whole test keep of the clip, by name."""
        given = self._given()
        return {
            name: self._parts[name] if metric.piecewise else metric.collect(given["fake"], given["real"])
            for name, metric in self._metrics.items()
            if isinstance(metric, SetMetric)
        }

    def _take(self, fake: Tensor, real: Tensor, known: dict[str, Tensor]) -> None:
        new = {"fake": self._protocol.prepared(fake), "real": self._protocol.prepared(real)}
        frames = {side: torch.cat([self._last[side], part]) for side, part in new.items()} if self._last else new
        seen = len(frames["fake"]) - len(new["fake"])
        for name, metric in self._metrics.items():
            if isinstance(metric, SetMetric) and metric.piecewise:
                part = metric.collect(**new)
                self._parts[name] = metric.merge(self._parts[name], part) if name in self._parts else part
            elif isinstance(metric, PiecewiseMetric) and len(frames["fake"]) > metric.before:
                sides = {side: clip[max(0, seen - metric.before) :] for side, clip in frames.items()}
                self._means[name] = self._means.get(name, Mean()) + metric.measure(**self._sides(metric, sides))
        self._last = {side: clip[max(0, len(clip) - self._before) :].clone() for side, clip in frames.items()}
        if self._kept:
            kept = {side: self._protocol.packed(clip) for side, clip in new.items() if side in self._kept}
            self._whole.append({**kept, **known})

    def _sides(self, metric: Metric, frames: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Fake and real frames in the colors that the metric scores."""
        sides: dict[str, Tensor] = {side: frames[side] for side in ("fake", "real") if side in metric.asked}
        if self._protocol.color == "y" and metric.color == "protocol":
            return {side: luma(clip) for side, clip in sides.items()}
        return sides

    def _given(self) -> dict[str, Tensor]:
        """What metrics of whole clips are given; nothing where there are none."""
        if not self._whole:
            return {}
        first, *more = self._whole
        whole = {
            name: torch.cat([value, *(part[name] for part in more)]) if more else value for name, value in first.items()
        }
        return {
            name: self._protocol.unpacked(value) if name in ("fake", "real") else value for name, value in whole.items()
        }


def _piecewise(metric: Metric) -> bool:
    return isinstance(metric, PiecewiseMetric) or (isinstance(metric, SetMetric) and metric.piecewise)
