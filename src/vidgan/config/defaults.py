"""A configuration without the arguments that have their targets' defaults: given or left out, they are the same."""

import inspect
import json
from typing import Any

from vidgan.config.instantiate import resolve_target
from vidgan.config.lint import parameters_of
from vidgan.errors import UserError


def without_defaults(node: Any, key: str = "") -> Any:
    """Plain containers without what says no more than the signature of its target does."""
    if isinstance(node, list):
        return [without_defaults(item, f"{key}.{number}") for number, item in enumerate(node)]
    if not isinstance(node, dict):
        return node
    defaults = _defaults(node["_target_"], key) if "_target_" in node else {}
    kept = {name: value for name, value in node.items() if name not in defaults or not _same(value, defaults[name])}
    return {name: without_defaults(value, f"{key}.{name}") for name, value in kept.items()}


def _defaults(target: str, key: str) -> dict[str, Any]:
    try:
        parameters = parameters_of(resolve_target(target, key))
    except (UserError, ValueError, TypeError):  # the linter tells it, or nothing can be known of it
        return {}
    empty = inspect.Parameter.empty
    return {name: parameter.default for name, parameter in parameters.items() if parameter.default is not empty}


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, bool) != isinstance(default, bool):
        return False
    try:
        return value == default or json.dumps(value) == json.dumps(default)  # a list and a tuple
    except TypeError:
        return False
