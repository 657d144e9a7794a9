"""What a run's ``summary.json`` may hold: who reads it may rely on that, whoever has written it."""

import math
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]


def misshapen(summary: Mapping[str, Any]) -> str | None:
    """The first key of which the value is of another kind than a run writes; None where there is none."""
    return next((key for key, fits in _KINDS.items() if key in summary and not fits(summary[key])), None)


def _is_number(value: Any) -> bool:
    """Any that a float can be, NaN and infinity too."""
    try:
        return not isinstance(value, bool | str) and math.isfinite(float(value)) | isinstance(value, float)
    except (TypeError, ValueError, OverflowError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _or_none(fits: Check) -> Check:
    return lambda value: value is None or fits(value)


def _mapping_of(fits: Check) -> Check:
    return lambda value: isinstance(value, Mapping) and all(map(fits, value.values()))


def _list_of(fits: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(fits, value))


_KINDS: dict[str, Check] = {
    **dict.fromkeys(("id", "name", "state", "error", "protocol"), _is_text),
    **dict.fromkeys(("group", "label"), _or_none(_is_text)),
    "iteration": lambda value: isinstance(value, int),
    **dict.fromkeys(("seconds", "iterations_per_second"), _or_none(_is_number)),
    **dict.fromkeys(("metrics", "parameters", "ideal"), _mapping_of(_is_number)),
    "peak_memory": _mapping_of(_or_none(_is_number)),
    "higher_is_better": _mapping_of(lambda value: isinstance(value, bool)),
    "baselines": _mapping_of(_mapping_of(_is_number)),
    "tables": _mapping_of(_is_text),
    **dict.fromkeys(("left_out", "warnings"), _list_of(_is_text)),
}
