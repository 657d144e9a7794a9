"""A protocol: all that must be pinned for two scores to be comparable."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import cv2
import torch
from torch import Tensor

from vidgan.degradations.base import Degradation
from vidgan.errors import UserError
from vidgan.metrics.base import Metric, PiecewiseMetric, SetMetric
from vidgan.metrics.direction import Direction
from vidgan.ops.luma import LUMAS
from vidgan.protocols.case import Case
from vidgan.protocols.rate_distortion import FEWEST, BDRate
from vidgan.protocols.tally import Tally

LARGE_ENOUGH = 256  # pixels a side, and frames, for any metric and border
_CUT = {"fake", "real", "mask", "keypoints"}


class Protocol:
    """Prepares a clip as a benchmark does and applies its metrics.

    Args:
        name: what the table calls it.
        follows: whose protocol this is, and where it is written down.
        metrics: metrics by the name of their column; those that are not available on this machine are left out.
        color: what metrics of the protocol's color space score: ``"rgb"``, or luma of studio swing, ``"y"`` of BT.601
            and ``"y_bt709"`` of BT.709.
        crop: pixels cut off at each border; a pair is those at top and bottom, and those left and right.
        quantize: saturate to [0, 1] and round to 8 bits first.
        skip_first, skip_last: frames left out at the ends of a clip.
        centre_only: score the middle frame of a clip alone.
        multiple: what the crop leaves is cut down to multiples of this, about the middle.
        degradation: makes what is scored, whatever the task was trained on; None leaves that to the task. A low
            resolution that comes with the data goes before both.
        cases: each clip is scored under each of these, by name; a metric ``psnr`` is reported as ``psnr_<name>``. None
            is a single case, the degradation's.
        rate_distortion: by the name of its column, what is told of the cases together, which are then points of a curve
            of rate against quality.

    Raises:
        UserError: there are no cases, one is something else, a degradation is beside them, they set conditions of
            different names, or they are too few for a curve or lack a metric of one.

    Attributes:
        frames: the first ones of a clip that count, for whatever is made of it; None for all.
        cases: by what they add to the names of metrics, which is nothing for a single one.
        case: the one that is being scored.
        left_out: names of the metrics that are not available.
    """

    frames: int | None = None

    def __init__(
        self,
        name: str,
        follows: str,
        metrics: Mapping[str, Metric],
        color: Literal["rgb", "y", "y_bt709"] = "rgb",
        crop: int | Sequence[int] = 0,
        quantize: bool = True,
        skip_first: int = 0,
        skip_last: int = 0,
        centre_only: bool = False,
        multiple: int = 1,
        degradation: Degradation | None = None,
        cases: Mapping[str, Case] | None = None,
        rate_distortion: Mapping[str, BDRate] | None = None,
    ) -> None:
        if cases is not None and (not cases or degradation is not None):
            raise UserError(f"protocol {name}: give cases by name, at least one, or a degradation")
        if others := [key for key, case in (cases or {}).items() if not isinstance(case, Case)]:
            raise UserError(f"protocol {name}: cases.{others[0]} needs _target_: {Case.__module__}.{Case.__name__}")
        if color not in ("rgb", *LUMAS):
            raise UserError(f"protocol {name}: color is {color!r}; it must be 'rgb', 'y' or 'y_bt709'")
        _refuse_no_curve(name, rate_distortion or {}, metrics, len(cases or ()))
        rows, columns = (crop, crop) if isinstance(crop, int) else crop
        self.name = name
        self.follows = follows
        self.metrics = {name: metric for name, metric in metrics.items() if metric.available}
        self.rate_distortion = {
            name: curve
            for name, curve in (rate_distortion or {}).items()
            if curve.available and {curve.rate, curve.metric} <= self.metrics.keys()
        }
        self.left_out = sorted({*metrics, *(rate_distortion or {})} - {*self.metrics, *self.rate_distortion})
        self.color = color
        self.crop = rows, columns
        self.quantize = quantize
        self.multiple = multiple
        self.cases = {"": Case(degradation)} if cases is None else {f"_{key}": case for key, case in cases.items()}
        self.case = next(iter(self.cases.values()))
        if any(case.conditions.keys() != self.case.conditions.keys() for case in self.cases.values()):
            raise UserError(f"protocol {name}: its cases set different conditions; give each of them all")
        self.skip_first = skip_first
        self.skip_last = skip_last
        self.centre_only = centre_only
        self._refuse_cuts()

    @property
    def directions(self) -> dict[str, Direction]:
        """Which way each reported score improves."""
        scores = {name + case: metric.direction for case in self.cases for name, metric in self.metrics.items()}
        return {**scores, **{name: curve.direction for name, curve in self.rate_distortion.items()}}

    def score(self, fake: Tensor, real: Tensor, known: Mapping[str, Tensor] | None = None) -> dict[str, float]:
        """Scores one clip.

        Args:
            fake: (T, 3, H, W) RGB in [0, 1].
            real: the same shape and range.
            known: what else metrics may ask for by name; see :class:`vidgan.metrics.base.Metric`. ``mask`` and
                ``keypoints`` are cut as the frames are.

        Returns:
            The clip's score by the name of the metric.

        Raises:
            UserError: the clips differ in shape, nothing is left of them, or a metric asks for what is not known.
        """
        self.refuse_unknown(known or {})
        tally = Tally(self, {name: m for name, m in self.metrics.items() if name not in self.set_metrics}, len(fake))
        tally.add(fake, real, known or {})
        return tally.scores()

    def collect(self, fake: Tensor, real: Tensor) -> dict[str, Any]:
        """What metrics of the whole test keep of one clip, by name; arguments as of :meth:`score`."""
        if not self.set_metrics:
            return {}
        tally = Tally(self, self.set_metrics, len(fake))
        tally.add(fake, real, {})
        return tally.kept()

    def tally(self, total: int) -> Tally:
        """Where the pieces of a clip of so many frames are scored as they come."""
        return Tally(self, self.metrics, total)

    def combine(self, kept: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """The scores of the whole test, of what :meth:`collect` kept of each clip."""
        return {
            name + case: metric.combine([row[name + case] for row in kept])
            for case in self.cases
            for name, metric in self.set_metrics.items()
        }

    def refuse_size(self, frames: int, height: int, width: int) -> None:
        """Tries a clip of that size without content, as large as needed to know.

        Raises:
            UserError: nothing of it would be scored, or a metric needs more frames or larger ones.
        """
        counted = len(self.counted(frames))
        if not counted:
            raise self.nothing_left(frames, torch.Size((height, width)))
        blank = self.prepared(torch.zeros(1, 3, min(height, LARGE_ENOUGH), min(width, LARGE_ENOUGH)))
        for name, metric in self.metrics.items():
            if isinstance(metric, PiecewiseMetric) and {*metric.asked.needed} <= {"fake", "real"}:
                clip = blank.expand(min(counted, metric.before + 1), -1, -1, -1)
                try:
                    metric.measure(clip, clip)
                except (RuntimeError, ValueError, cv2.error) as error:  # of a network or library that it rests on
                    why = str(error).strip().partition("\n")[0]
                    raise UserError(
                        f"protocol {self.name}: the metric {name} cannot score frames of {width}x{height} pixels "
                        f"({why}); leave it out or choose larger ones"
                    ) from error

    @property
    def wanted(self) -> set[str]:
        """Names of all that metrics ask for."""
        return {name for metric in self.metrics.values() for name in metric.asked}

    def refuse_unknown(self, known: Collection[str]) -> None:
        """
        Raises:
            UserError: a metric asks for what is neither ``fake`` nor ``real`` nor ``known``.
        """
        for name, metric in self.metrics.items():
            metric.asked.refuse_absent({"fake", "real", *known}, f"protocol {self.name}: the metric {name}")

    def refuse_other_scale(self, degradation: Degradation | None) -> None:
        """
        Args:
            degradation: the task's own; None where it degrades nothing.

        Raises:
            UserError: that of one of the cases does not fit the task.
        """
        for pinned in (case.degradation for case in self.cases.values() if case.degradation is not None):
            if degradation is None:
                raise UserError(
                    f"protocol {self.name} degrades clips, which this task does not; choose another protocol"
                )
            if pinned.scale != degradation.scale:
                raise UserError(
                    f"protocol {self.name} is for x{pinned.scale} and the run enlarges x{degradation.scale}; "
                    "choose another protocol"
                )

    @property
    def set_metrics(self) -> dict[str, SetMetric]:
        return {name: metric for name, metric in self.metrics.items() if isinstance(metric, SetMetric)}

    @property
    def _cuts(self) -> bool:
        """Whether less than the whole clip is scored."""
        return any(self.crop) or self.multiple > 1 or self._shortens

    @property
    def _shortens(self) -> bool:
        """Whether frames are left out."""
        return bool(self.skip_first or self.skip_last) or self.centre_only

    def _refuse_cuts(self) -> None:
        """What this does not know how to cut would no longer fit to what is left of the frames.

        Borders do not matter to a metric that asks for no frames at all, as one of a codec's bits.
        """
        if self._cuts:
            for name, metric in self.metrics.items():
                others = {*metric.asked} - _CUT
                if others and (self._shortens or others != {*metric.asked}):
                    raise UserError(
                        f"protocol {self.name}: the metric {name} asks for {', '.join(sorted(others))}, which fits "
                        "whole clips only; set crop, skip_first and skip_last to 0, multiple to 1 and centre_only to "
                        "false, or remove it"
                    )

    def counted(self, total: int) -> range:
        """The numbers of the frames that are scored, of a clip of so many."""
        frames = range(total)[self.skip_first : max(0, total - self.skip_last)]
        return frames[len(frames) // 2 :][:1] if self.centre_only else frames

    def prepared(self, frames: Tensor) -> Tensor:
        """What is scored of some frames: without the borders, and rounded."""
        frames = self._cut(frames).float()
        return (frames.clamp(0, 1) * 255).round() / 255 if self.quantize else frames

    def packed(self, prepared: Tensor) -> Tensor:
        """Prepared frames as they are kept until the whole clip is there: in 8 bits where they have no more."""
        return (prepared * 255).round().byte() if self.quantize else prepared

    def unpacked(self, packed: Tensor) -> Tensor:
        return packed.float() / 255 if self.quantize else packed

    def known_of(self, known: Mapping[str, Tensor], frames: slice, size: torch.Size) -> dict[str, Tensor]:
        """What is known of some frames of that height and width, cut as they are; the rest fits whole clips only."""
        cut = dict(known)
        if "mask" in cut:
            cut["mask"] = self._cut(cut["mask"][frames])
        if "keypoints" in cut and self._cuts:
            cut["keypoints"] = self._cut_points(cut["keypoints"][frames], *size)
        return cut

    def refuse_other_shape(self, fake: Tensor, real: Tensor) -> None:
        """
        Raises:
            UserError: the clips differ in shape.
        """
        if fake.shape != real.shape:
            raise UserError(
                f"protocol {self.name}: the scored clip is {tuple(fake.shape)} and the real one {tuple(real.shape)} "
                "(frames, channels, height, width); they must be equal"
            )

    def nothing_left(self, frames: int, size: torch.Size) -> UserError:
        return UserError(
            f"protocol {self.name} leaves nothing of a clip of {frames} frames of {size[1]}x{size[0]} pixels: "
            "see its crop, multiple, skip_first and skip_last"
        )

    def _cut(self, frames: Tensor) -> Tensor:
        count, _, height, width = frames.shape
        (top, rows), (left, columns) = map(self._kept, (height, width), self.crop)
        frames = frames[..., top : top + rows, left : left + columns]
        if frames.numel() == 0:
            raise self.nothing_left(count, torch.Size((height, width)))
        return frames

    def _cut_points(self, points: Tensor, height: int, width: int) -> Tensor:
        """Key points (T, K, 2) of frames of ``height`` x ``width`` in what is left of these; NaN where cut off."""
        (top, rows), (left, columns) = map(self._kept, (height, width), self.crop)
        points = points - points.new_tensor((left, top))
        inside = ((points >= -0.5) & (points <= points.new_tensor((columns, rows)) - 0.5)).all(-1, keepdim=True)
        return points.where(inside, torch.nan)

    def _kept(self, side: int, border: int) -> tuple[int, int]:
        """The first pixel that is scored of a side, and how many."""
        kept = (side - 2 * border) // self.multiple * self.multiple
        return (side - kept) // 2, kept


def _refuse_no_curve(name: str, curves: Mapping[str, BDRate], metrics: Mapping[str, Metric], cases: int) -> None:
    """
    Raises:
        UserError: the cases are too few for a curve, it has the name of a metric, or lacks one.
    """
    for key, curve in curves.items():
        if cases < FEWEST:
            raise UserError(f"protocol {name}: {key} needs {FEWEST} cases, each a rate, and there are {cases}")
        if key in metrics:
            raise UserError(f"protocol {name}: {key} is a metric and in rate_distortion; change one of these names")
        if absent := [one for one in (curve.rate, curve.metric) if one not in metrics]:
            raise UserError(f"protocol {name}: {key} asks for {', '.join(absent)}, which is not among its metrics")
