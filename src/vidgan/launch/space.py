"""The search space of a study, in Hydra's override syntax."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from vidgan.errors import UserError

Space = dict[str, BaseDistribution]
Values = dict[str, Any]


def read_space(parser: OverridesParser, arguments: Sequence[str], listed: Mapping[str, str]) -> tuple[list[str], Space]:
    """The fixed overrides, and the distributions by key.

    ``choice(a,b)`` or ``a,b``; ``interval(0.1,1)`` is continuous, ``tag(log,interval(1e-5,1e-2))`` in its logarithm,
    ``tag(int,interval(1,8))`` integer with both ends, ``tag(int,log,...)`` both; ``range(1,9,2)`` is as in Python.

    Args:
        parser: Hydra's.
        arguments: of the command line.
        listed: ``hydra.sweeper.space``: further keys and what is said after their ``=``.

    Raises:
        UserError: there is nothing to search, or something is not to be searched.
    """
    space, fixed = {}, []
    for override in parser.parse_overrides([*arguments, *(f"{key}={value}" for key, value in listed.items())]):
        if override.is_sweep_override():
            space[_key(override)] = distribution(override)
        else:
            fixed.append(override.input_line or "")
    if not space:
        raise UserError("The study has nothing to search: give keys such as seed=0,1 or 'lr=interval(0.1,1)'.")
    return fixed, space


def _key(override: Override) -> str:
    return override.get_key_element()


def distribution(override: Override) -> BaseDistribution:
    """Optuna's form of one override.

    Raises:
        UserError: the bounds make no sense.
    """
    value: Any = override.value()
    try:
        if isinstance(value, IntervalSweep):
            log, whole = "log" in value.tags, "int" in value.tags
            if whole:
                return IntDistribution(int(value.start or 0), int(value.end or 0), log=log)
            return FloatDistribution(float(value.start or 0), float(value.end or 0), log=log)
        if isinstance(value, RangeSweep) and not value.shuffle:
            items = list(value.range())
            kind: Any = IntDistribution if all(isinstance(item, int) for item in items) else FloatDistribution
            return kind(items[0], items[-1], step=value.step)
        return CategoricalDistribution(list(override.sweep_string_iterator()))
    except (ValueError, IndexError) as error:
        raise UserError(f"{override.input_line}: {error}.") from error


def every_value(key: str, given: BaseDistribution) -> list[Any]:
    """All values of a discrete distribution.

    Raises:
        UserError: it is continuous.
    """
    if isinstance(given, CategoricalDistribution):
        return list(given.choices)
    if isinstance(given, IntDistribution):
        return list(range(given.low, given.high + 1, given.step))
    if isinstance(given, FloatDistribution) and given.step is not None:
        count = round((given.high - given.low) / given.step) + 1
        return [given.low + index * given.step for index in range(count)]
    raise UserError(f"{key} is an interval, and a grid has no end of points in it; use choice(...) or range(...).")


def grid(space: Space) -> list[Values]:
    """Every combination."""
    lists = [every_value(key, given) for key, given in space.items()]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*lists)]


def probes(space: Space) -> list[Values]:
    """A few combinations in which every choice and every end of an interval occurs."""
    ends = {
        key: list(given.choices) if isinstance(given, CategoricalDistribution) else _bounds(given)
        for key, given in space.items()
    }
    first = {key: values[0] for key, values in ends.items()}
    return [first] + [{**first, key: value} for key, values in ends.items() for value in values[1:]]


def _bounds(given: BaseDistribution) -> list[Any]:
    assert isinstance(given, FloatDistribution | IntDistribution)
    return [given.low, given.high]


def overrides(values: Values) -> list[str]:
    """What Hydra is given for a combination."""
    return [f"{key}={value}" for key, value in values.items()]


def shown(values: Values) -> dict[str, str]:
    """The values as a label shows them, numbers with four digits."""
    return {
        key.lstrip("+"): f"{value:.4g}" if isinstance(value, float) else str(value) for key, value in values.items()
    }
