"""From records of runs to a comparison: variants, their figures, and the differences between them."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vidgan.comparison.axes import Axis, find_axes, natural, short_names
from vidgan.comparison.rate_distortion import Rates, rates_of
from vidgan.comparison.records import COSTS, RunRecord
from vidgan.comparison.statistics import Difference, Spread, holm, paired_difference, pareto_front, spread
from vidgan.errors import UserError
from vidgan.metrics.direction import Direction, read

#: Costs that a Pareto front can be drawn against: less of them is better.
FRONT_COSTS = ("seconds", "parameters")
_NAMED = 6  # keys that one sentence names


@dataclass(frozen=True, eq=False)
class Variant:
    """Runs that differ in nothing but their seed.

    Attributes:
        label: what tells it from the others, e.g. ``generator.channels=32``.
        values: its value on each axis, by the axis' key.
        followers: its values of the keys that change only together with an axis.
        runs: one a seed, by ascending seed.
    """

    label: str
    values: Mapping[str, Any]
    followers: Mapping[str, Any]
    runs: tuple[RunRecord, ...]

    def score(self, metric: str) -> Spread:
        return spread([run.metrics[metric] for run in self.runs])

    def cost(self, name: str) -> Spread | None:
        """None where a run has not recorded it."""
        values = [run.costs.get(name) for run in self.runs]
        known = [value for value in values if value is not None]
        return spread(known) if len(known) == len(values) else None

    @property
    def seeds(self) -> list[Any]:
        return [run.seed for run in self.runs]

    def by_clip(self, metric: str, clips: Sequence[str], seeds: Sequence[Any]) -> np.ndarray:
        """Scores (seeds, clips) of some of its seeds."""
        return np.array([[run.clips[clip][metric] for clip in clips] for run in self.runs if run.seed in seeds])


@dataclass(frozen=True)
class Comparison:
    """All that is written down of a comparison.

    Attributes:
        named: whether variants are called by the name of their experiment instead of their values.
        metrics: those that all runs have, and which way they improve.
        reference: label of the variant that differences are taken from.
        baselines: classical methods' scores.
        differences: by (label, metric).
        fronts: labels on the Pareto front by (metric, cost).
        rates: curves of rate against quality, where the cases of the protocol are rates.
        left_out: id and reason.
        notes: what a reader must know, in sentences.
    """

    title: str
    protocol: str
    clips: tuple[str, ...]
    axes: tuple[Axis, ...]
    named: bool
    variants: tuple[Variant, ...]
    metrics: Mapping[str, Direction]
    reference: str
    baselines: Mapping[str, Mapping[str, float]]
    differences: Mapping[tuple[str, str], Difference]
    fronts: Mapping[tuple[str, str], set[str]]
    rates: tuple[Rates, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def axis_names(self) -> dict[str, str]:
        """Short names of the axes by key."""
        return short_names([axis.key for axis in self.axes])

    @property
    def front_costs(self) -> list[str]:
        """Costs that there are Pareto fronts against."""
        return list(dict.fromkeys(cost for _, cost in self.fronts))

    @property
    def costs(self) -> list[str]:
        """Costs that some variant has recorded."""
        return [name for name in COSTS if any(variant.cost(name) for variant in self.variants)]


def compare(records: Sequence[RunRecord], title: str, reference: str | None = None) -> Comparison:
    """Compares finished runs.

    Args:
        records: runs in the order that they are to be shown in.
        title: what the comparison is called.
        reference: a variant's label, a run's id or a part of either that only one has; by default the variant with
            the most seeds, the first of several.

    Raises:
        UserError: no run is finished, or the runs cannot be compared: other protocols, other clips.
    """
    finished = [record for record in records if record.finished]
    left_out = {record.id: _why(record) for record in records if not record.finished}
    if not finished:
        states = Counter(record.state for record in records)
        told = ", ".join(f"{count} {state}" for state, count in states.items()) or "there is none"
        raise UserError(f"There is nothing to compare: no run is finished ({told}); wait for them or name others.")
    protocol = _one_protocol(finished)
    axes = find_axes([record.config for record in finished])
    variants, repeats, named = _variants(finished, axes)
    left_out |= repeats
    runs = [run for variant in variants for run in variant.runs]
    clips = _one_set_of_clips(runs)
    metrics = _common_metrics(runs)
    chosen = _reference(variants, reference)
    baselines = _baselines(runs, metrics)
    return Comparison(
        title=title,
        protocol=protocol,
        clips=clips,
        axes=tuple(axes),
        named=named,
        variants=tuple(variants),
        metrics=metrics,
        reference=chosen.label,
        baselines=baselines,
        differences=_differences(variants, chosen, metrics, clips),
        fronts=_fronts(variants, metrics),
        rates=rates_of({variant.label: variant.runs for variant in variants}, baselines),
        left_out=left_out,
        notes=(*_confounded(axes), *_notes(runs, metrics, clips)),
    )


def _why(record: RunRecord) -> str:
    iteration = record.summary.get("iteration")
    return record.state if iteration is None else f"{record.state} at iteration {iteration}"


def _one_protocol(records: Sequence[RunRecord]) -> str:
    """The protocol of all runs: the same name with the same settings."""
    first = records[0]
    for record in records:
        if record.protocol != first.protocol:
            raise UserError(
                f"Runs {first.id} and {record.id} were scored under different protocols "
                f"({first.protocol.get('name')} and {record.protocol.get('name')}, or its settings differ), and such "
                f"scores cannot be compared; compare runs of one protocol."
            )
    return str(first.protocol.get("name", "none"))


def _one_set_of_clips(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    """The test clips of all runs; none where some run has no scores clip by clip."""
    first = runs[0]
    for run in runs:
        if run.clips.keys() != first.clips.keys() and run.clips and first.clips:
            only = sorted(run.clips.keys() ^ first.clips.keys())[:3]
            raise UserError(
                f"Runs {first.id} and {run.id} were tested on different clips ({', '.join(only)} in one of them only); "
                f"compare runs of one test set."
            )
    return tuple(sorted(first.clips)) if all(run.clips for run in runs) else ()


def _common_metrics(runs: Sequence[RunRecord]) -> dict[str, Direction]:
    directions = {name: direction for run in runs for name, direction in read(run.summary).items()}
    common = {name: direction for name, direction in directions.items() if all(name in run.metrics for run in runs)}
    if not common:
        raise UserError(
            f"The runs share no test scores ({runs[0].id} has {', '.join(runs[0].metrics) or 'none'}); give them a "
            f"protocol, or train runs that were only validated to their end."
        )
    return common


def _variants(records: Sequence[RunRecord], axes: Sequence[Axis]) -> tuple[list[Variant], dict[str, str], bool]:
    """The variants in the order of their values, the runs that repeat another, and whether names tell them apart."""
    short = short_names([axis.key for axis in axes])
    grouped: dict[tuple[Any, ...], dict[Any, RunRecord]] = {}
    following: dict[tuple[Any, ...], dict[str, Any]] = {}
    repeats = {}
    for index, record in enumerate(records):
        place = tuple(axis.values[index] for axis in axes)
        following[place] = {key: values[index] for axis in axes for key, values in axis.followers.items()}
        seeds = grouped.setdefault(place, {})
        if record.seed in seeds:
            older, newer = sorted((seeds[record.seed], record), key=_age)
            repeats[older.id] = f"the same settings and seed as {newer.id}, which is newer"
            record = newer
        seeds[record.seed] = record
    names = [{record.config.get("name") for record in seeds.values()} for seeds in grouped.values()]
    named = all(len(own) == 1 for own in names) and len(set.union(*names)) == len(names)
    variants = []
    for values, seeds in sorted(grouped.items(), key=lambda item: () if named else natural(item[0])):
        by_key = dict(zip((axis.key for axis in axes), values, strict=True))
        name = str(next(iter(seeds.values())).config.get("name"))
        label = name if named else ", ".join(f"{short[key]}={value}" for key, value in by_key.items())
        runs = tuple(seeds[seed] for seed in sorted(seeds, key=lambda s: natural((s,))))
        variants.append(Variant(label, by_key, following[values], runs))
    return variants, repeats, named


def _age(record: RunRecord) -> tuple[str, list[Any]]:
    return str(record.provenance.get("started", "")), natural((record.id,))


def _reference(variants: Sequence[Variant], wanted: str | None) -> Variant:
    if wanted is None:
        return max(variants, key=lambda variant: len(variant.runs))  # the first of several
    exact = [v for v in variants if wanted == v.label or wanted in (run.id for run in v.runs)]
    matching = exact or [v for v in variants if wanted in v.label or any(wanted in run.id for run in v.runs)]
    if len(matching) != 1:
        labels = "; ".join(variant.label for variant in variants)
        raise UserError(f"reference={wanted} is {len(matching)} of the variants; give one of: {labels}.")
    return matching[0]


def _baselines(runs: Sequence[RunRecord], metrics: Mapping[str, Direction]) -> dict[str, dict[str, float]]:
    """Classical methods that all runs scored alike."""
    every = [run.summary.get("baselines", {}) for run in runs]

    def alike(method: str, metric: str) -> bool:
        values = [baselines.get(method, {}).get(metric) for baselines in every]
        known = [value for value in values if value is not None]
        equal = all(math.isclose(value, known[0], rel_tol=1e-3) for value in known) or all(map(math.isnan, known))
        return len(known) == len(values) and equal

    return {
        method: {name: scores[name] for name in metrics}
        for method, scores in every[0].items()
        if all(alike(method, metric) for metric in metrics)
    }


def _differences(
    variants: Sequence[Variant], reference: Variant, metrics: Mapping[str, Direction], clips: Sequence[str]
) -> dict[tuple[str, str], Difference]:
    found: dict[tuple[str, str], Difference] = {}
    others = [variant for variant in variants if variant is not reference] if clips else []
    whole = _of_the_whole_test([run for variant in variants for run in variant.runs], metrics)
    for metric, direction in metrics.items():
        if metric in whole:
            continue
        raw = [_difference(variant, reference, metric, direction, clips) for variant in others]
        for variant, difference, p in zip(others, raw, holm([one.p for one in raw]), strict=True):
            found[variant.label, metric] = difference.corrected(p)
    return found


def _of_the_whole_test(runs: Sequence[RunRecord], metrics: Iterable[str]) -> list[str]:
    """Metrics that no clip has a score of its own in, such as a Frechet distance."""
    return [name for name in metrics if not any(name in scores for run in runs for scores in run.clips.values())]


def _difference(
    variant: Variant, reference: Variant, metric: str, direction: Direction, clips: Sequence[str]
) -> Difference:
    """Over the seeds that both have: one that only one side has would count as a difference of the variants.

    Where a metric has an ideal, of the distances from it.
    """
    shared = [seed for seed in variant.seeds if seed in reference.seeds]
    scores = [side.by_clip(metric, clips, shared or side.seeds) for side in (variant, reference)]
    known = ~np.isnan(np.concatenate(scores)).all(0)  # the means leave the others out, too
    scores = [side[:, known] for side in scores]
    if direction.ideal is not None:
        scores = [np.abs(side - direction.ideal) for side in scores]
    return paired_difference(scores[0], scores[1], same_seeds=bool(shared))


def _fronts(variants: Sequence[Variant], metrics: Mapping[str, Direction]) -> dict[tuple[str, str], set[str]]:
    fronts = {}
    for cost in FRONT_COSTS:
        known = {variant: spent.mean for variant in variants if (spent := variant.cost(cost)) is not None}
        for metric, direction in metrics.items() if known else ():
            points = {variant.label: (spent, variant.score(metric).mean) for variant, spent in known.items()}
            fronts[metric, cost] = pareto_front(points, direction)
    return fronts


def _confounded(axes: Sequence[Axis]) -> list[str]:
    """What cannot be told apart, whatever the scores are."""
    notes = []
    for axis in axes:
        if axis.followers:
            more = len(axis.followers) - _NAMED
            others = ", ".join(list(axis.followers)[:_NAMED]) + (f" and {more} more keys" if more > 0 else "")
            notes.append(f"{axis.key} changes only together with {others}: what each of them does cannot be told.")
    return notes


def _notes(runs: Sequence[RunRecord], metrics: Mapping[str, Direction], clips: Sequence[str]) -> list[str]:
    notes = []
    if not clips:
        without = [run.id for run in runs if not run.clips]
        notes.append(f"No paired differences: {', '.join(without[:3])} came without scores clip by clip.")
    elif whole := _of_the_whole_test(runs, metrics):
        notes.append(f"No paired differences of {', '.join(whole)}, which is one number for the whole test.")
    dropped = sorted(
        {name for run in runs for name in (*run.metrics, *run.summary.get("left_out", ()))} - metrics.keys()
    )
    if dropped:
        notes.append(f"Metrics that not every run has are left out: {', '.join(dropped)}.")
    devices = sorted({str(run.provenance["device"]) for run in runs if "device" in run.provenance})
    if len(devices) > 1:
        notes.append(f"Speed, seconds and memory are of different devices: {', '.join(devices)}.")
    if modules := _modules_of_several_versions(runs):
        shown = f"{', '.join(modules[:3])}{f' and {len(modules) - 3} more' if len(modules) > 3 else ''}"
        notes.append(f"The runs were made by several versions of the code: {shown} differ between them.")
    return notes


def _modules_of_several_versions(runs: Sequence[RunRecord]) -> list[str]:
    versions: dict[str, set[str]] = {}
    for run in runs:
        for module, version in run.provenance.get("code", {}).items():
            versions.setdefault(module, set()).add(version)
    return sorted(module for module, found in versions.items() if len(found) > 1)
