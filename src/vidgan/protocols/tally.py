"""The scores of one clip, added up while its pieces come: of what is worked through, little is kept."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vidgan.metrics.base import Mean, Metric, PiecewiseMetric, SetMetric
from vidgan.ops.luma import LUMAS, luma

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
        piecewise = [metric for metric in metrics.values() if isinstance(metric, PiecewiseMetric)]
        self._before = max((metric.before for metric in piecewise), default=0)
        self._passing = {name for metric in piecewise for name in metric.asked} - {"fake", "real"}
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
        known = {name: value for name, value in known.items() if name in self._kept | self._passing}
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
            if isinstance(metric, PiecewiseMetric) and name in self._means:
                scores[name] = self._means[name].value
            elif not isinstance(metric, SetMetric):
                there = self._last if isinstance(metric, PiecewiseMetric) else given
                lacking = metric.asked.absent(there)  # a baseline makes frames, and seldom more
                scores[name] = math.nan if lacking else metric(**self._fed(metric, there))
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
        sides = {"fake": self._protocol.prepared(fake), "real": self._protocol.prepared(real)}
        new = {**sides, **{name: value for name, value in known.items() if name in self._passing}}
        frames = _joined([self._last, new] if self._last else [new])
        seen = len(frames["fake"]) - len(new["fake"])
        for name, metric in self._metrics.items():
            if isinstance(metric, SetMetric) and metric.piecewise:
                part = metric.collect(**sides)
                self._parts[name] = metric.merge(self._parts[name], part) if name in self._parts else part
            elif isinstance(metric, PiecewiseMetric) and len(frames["fake"]) > metric.before:
                seen_by_it = _from(frames, max(0, seen - metric.before))
                if not metric.asked.absent(seen_by_it):
                    measured = metric.measure(**self._fed(metric, seen_by_it))
                    self._means[name] = self._means.get(name, Mean()) + measured
        last = _from(frames, max(0, len(frames["fake"]) - self._before))
        self._last = {name: value.clone() for name, value in last.items()}
        if self._kept:
            kept = {side: self._protocol.packed(clip) for side, clip in sides.items() if side in self._kept}
            self._whole.append({**kept, **{name: value for name, value in known.items() if name in self._kept}})

    def _fed(self, metric: Metric, there: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What the metric asks for of what is there, fake and real frames in the colors that it scores."""
        fed = {name: there[name] for name in metric.asked if name in there}
        kind = self._protocol.color
        if kind in LUMAS and metric.color == "protocol":
            return {name: luma(value, kind) if name in ("fake", "real") else value for name, value in fed.items()}
        return fed

    def _given(self) -> dict[str, Tensor]:
        """What metrics of whole clips are given; nothing where there are none."""
        if not self._whole:
            return {}
        return {
            name: self._protocol.unpacked(value) if name in ("fake", "real") else value
            for name, value in _joined(self._whole).items()
        }


def _joined(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """What follows each other in time, by name; what is one number of the clip stays."""
    first, *more = parts
    return {
        name: torch.cat([value, *(part[name] for part in more)]) if more and value.ndim else value
        for name, value in first.items()
    }


def _from(frames: Mapping[str, Tensor], start: int) -> dict[str, Tensor]:
    """The frames from a number on, by name; what is one number of the clip stays."""
    return {name: value[start:] if value.ndim else value for name, value in frames.items()}


def _piecewise(metric: Metric) -> bool:
    return isinstance(metric, PiecewiseMetric) or (isinstance(metric, SetMetric) and metric.piecewise)
