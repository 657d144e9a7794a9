"""What differs between runs: the axes of an ablation, found in the configurations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ABSENT = "absent"
_TARGET = "_target_"
#: Joined (seeds), only a name, or refused where it differs.
_NO_AXIS = ("seed", "name", "protocol")


@dataclass(frozen=True)
class Axis:
    """A configuration key that differs between runs.

    Attributes:
        key: dotted.
        values: one a run, in the order of the runs; a node is told by its class, what a run does not have is "absent".
        followers: keys that change only together with it, with their values: copies by interpolation, factors of it,
            and what was switched along with it.
    """

    key: str
    values: tuple[Any, ...]
    followers: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, tuple[Any, ...]]:
        """Its own key and those that follow, with their values."""
        return {self.key: self.values, **self.followers}

    def distinct(self) -> dict[str, tuple[Any, ...]]:
        """Every key with its values in order, those of one place together; each value of the axis once."""
        firsts = [index for index, value in enumerate(self.values) if value not in self.values[:index]]
        firsts.sort(key=lambda index: natural((self.values[index],)))
        return {key: tuple(values[index] for index in firsts) for key, values in self.keys.items()}


def find_axes(configs: Sequence[Mapping[str, Any]]) -> list[Axis]:
    """The axes along which the configurations differ; seeds, and what follows from them, are none."""
    seeds = tuple(config.get("seed") for config in configs)
    parts = [{key: value for key, value in config.items() if key not in _NO_AXIS} for config in configs]
    leading: list[tuple[str, tuple[Any, ...]]] = []
    followers: dict[str, dict[str, tuple[Any, ...]]] = {}
    differing = sorted(_differences("", parts), key=lambda item: (item[0].count("."), item[0]))  # outermost keys lead
    for key, values in differing:
        if values == seeds and "seed" in key.rpartition(".")[2]:  # a copy; another key only happens to run beside it
            continue
        leader = next((name for name, others in leading if _follows(values, others)), None)
        if leader is None:
            leading.append((key, values))
        else:
            followers.setdefault(leader, {})[key] = values
    return [Axis(key, values, followers.get(key, {})) for key, values in leading]


def natural(values: Sequence[Any]) -> list[Any]:
    """A key that sorts numbers as numbers, also inside of text, and before text."""
    key = []
    for value in values:
        if isinstance(value, int | float):
            key.append((0, float(value), ""))
            continue
        for part in re.split(r"(\d+)", str(value)):
            key.append((0, float(part), "") if part.isdigit() else (1, 0.0, part))
    return key


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """The shortest endings of at least two parts that tell the keys apart."""
    short = {}
    for key in keys:
        parts = key.split(".")
        endings = [".".join(parts[-count:]) for count in range(min(2, len(parts)), len(parts) + 1)]
        short[key] = next(end for end in endings if sum(f".{other}".endswith(f".{end}") for other in keys) == 1)
    return short


def _differences(key: str, nodes: Sequence[Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Keys that differ and their values by run."""
    if all(node == nodes[0] for node in nodes):
        return
    kinds = _kinds(nodes)
    if len(set(kinds)) > 1:
        yield key, tuple(kinds)
    for kind in dict.fromkeys(kinds):  # inside, compare what is of one kind
        alike = [i for i, other in enumerate(kinds) if other == kind and isinstance(nodes[i], Mapping)]
        for child in sorted({child for index in alike for child in nodes[index]}):
            inner = [nodes[index].get(child, ABSENT) for index in alike]
            for found, values in _differences(f"{key}.{child}" if key else str(child), inner):
                whole: list[Any] = [ABSENT] * len(nodes)
                for index, value in zip(alike, values, strict=True):
                    whole[index] = value
                yield found, tuple(whole)


def _kinds(nodes: Sequence[Any]) -> list[Any]:
    """What each node is: a leaf's value, a mapping's class; mappings without one are of one kind."""
    whole = all(isinstance(node, Mapping) for node in nodes)
    kinds = [_kind(node, within=not whole) if isinstance(node, Mapping) else _shown(node) for node in nodes]
    short = [
        kind.rpartition(".")[2] if isinstance(node, Mapping) else kind for node, kind in zip(nodes, kinds, strict=True)
    ]
    return short if len(set(short)) == len(set(kinds)) else kinds


def _kind(node: Mapping[str, Any], within: bool) -> str:
    """The node's class, or where it is to be told from a missing one, the first class within it."""
    if _TARGET in node or not within:
        return str(node.get(_TARGET, "present"))
    inner = (_kind(node[key], within) for key in sorted(node) if isinstance(node[key], Mapping))
    return next((kind for kind in inner if kind != "present"), "present")


def _shown(value: Any) -> Any:
    """A leaf as something that can be a key of a mapping."""
    if isinstance(value, list):
        return f"[{', '.join(str(_shown(item)) for item in value)}]"
    return "none" if value is None else value


def _follows(values: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether values only ever change together with others.

    Two numbers that both differ in every run of a random search do that by chance; they are told apart by their ratio,
    unless there are but two values: then nothing could.
    """
    pairs = set(zip(values, others, strict=True))
    if not len(pairs) == len(set(values)) == len(set(others)):
        return False
    if len(pairs) == 2 or not all(isinstance(number, int | float) for pair in pairs for number in pair):
        return True
    first, first_other = values[0], others[0]
    return all(abs(a * first_other - b * first) <= 1e-9 * abs(a * first_other) for a, b in pairs)
