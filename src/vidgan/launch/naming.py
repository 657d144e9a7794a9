"""Short names of a sweep and of its points, made of the overrides that tell them apart."""

from collections.abc import Mapping, Sequence


def keys_that_differ(points: Sequence[Mapping[str, str]]) -> list[str]:
    """The keys whose values are not the same in all points, in their order of appearance."""
    keys = dict.fromkeys(key for point in points for key in point)
    return [key for key in keys if len({point.get(key) for point in points}) > 1]


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """The shortest dotted end of each key that no other one shares: ``weight``, or ``pixel.weight`` beside another."""
    return {key: next((end for end in _ends(key) if _unique(end, keys)), key) for key in keys}


def label(point: Mapping[str, str], keys: Sequence[str]) -> str:
    """What a point is called among the others, e.g. ``seed=0,weight=0.01``; empty where nothing differs."""
    short = short_keys(keys)
    return ",".join(f"{short[key]}={point[key]}" for key in keys if key in point)


def sweep_name(names: Sequence[str], keys: Sequence[str]) -> str:
    """What a sweep is called: the experiment and what is varied, so that a sweep with further values is the same one.

    Args:
        names: of the experiments in it.
        keys: that are varied.
    """
    experiment = names[0] if len(set(names)) == 1 else "experiments"
    return "-".join([experiment, *(end.replace("/", "_") for end in short_keys(keys).values())])


def _ends(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[-length:]) for length in range(1, len(parts) + 1)]


def _unique(end: str, keys: Sequence[str]) -> bool:
    return sum(key == end or key.endswith(f".{end}") for key in keys) <= 1
