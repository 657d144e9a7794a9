"""Checks a configuration against its targets' signatures, before anything is built."""

import difflib
import inspect
from collections.abc import Collection, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vidgan.config.arguments import unfit_argument
from vidgan.config.instantiate import ALLOWED, LIGHTNING, PARTIAL, TARGET, checked, targets
from vidgan.config.schema_check import resolved, shown
from vidgan.errors import UserError


def refuse_missing(config: DictConfig) -> None:
    """Refuses a configuration in which a value still is ``???``.

    Raises:
        UserError: it names the first such key.
    """
    missing = sorted(str(key) for key in OmegaConf.missing_keys(config))
    if missing:
        raise UserError(_missing(missing[0]))


def _missing(key: str) -> str:
    more = ""
    if key.startswith("warm_start."):
        more = ", a file of trained weights, as this recipe starts from; null for none"
    if key == "data.root":
        more = ", a folder; or choose other data, such as data=clips"
    return f"{key} is not set; give it on the command line: {key}=<value>{more}."


def parameters_of(target: Any) -> Mapping[str, inspect.Parameter]:
    """Parameters of a callable; ``**arguments`` of a class are those of the class it extends."""
    parameters = dict(inspect.signature(target).parameters)
    if inspect.isclass(target) and any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        parameters = {name: p for name, p in parameters.items() if p.kind is not p.VAR_KEYWORD}
        for base in target.__mro__[1:]:
            if "__init__" in vars(base) and base is not object:
                parameters = {**parameters_of(base), **parameters}
                break
    return parameters


def _given(node: Mapping[str, Any]) -> list[str]:
    return [name for name in node if name not in (TARGET, PARTIAL)]


def _known(key: str, node: Mapping[str, Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a node's target.

    Raises:
        UserError: it is not allowed, or an argument does not exist.
    """
    parameters = parameters_of(checked(node, key, LIGHTNING.get(key.partition(".")[0], ALLOWED)))
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for name in _given(node):
        if name not in parameters and not open_ended:
            near = difflib.get_close_matches(name, parameters, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it takes {', '.join(parameters) or 'none'}."
            raise UserError(f"{key}.{name}: {node[TARGET]} has no argument '{name}'; {hint}")
    return parameters


def refuse_unknown_arguments(config: DictConfig) -> None:
    """Refuses arguments that their target does not have, also where values are still missing.

    Raises:
        UserError: it names the first such key.
    """
    for key, node in targets(resolved(config)):
        _known(key, node)


def _check(key: str, node: Mapping[str, Any], supplied: Collection[str]) -> None:
    parameters = _known(key, node)
    path, given = node[TARGET], _given(node)
    for name in given:
        if name in parameters and (expected := unfit_argument(path, parameters[name], node[name])):
            raise UserError(f"{key}.{name}={shown(node[name])}: expected {expected}.")
    if node.get(PARTIAL, False):
        return
    for name, parameter in parameters.items():
        variadic = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        if parameter.default is parameter.empty and not variadic and name not in given and name not in supplied:
            raise UserError(f"{key}: {path} needs the argument '{name}'; set {key}.{name}.")


def lint(config: DictConfig, supplied: Mapping[str, Collection[str]]) -> None:
    """Checks every node with a ``_target_``.

    Args:
        config: the root.
        supplied: arguments that the program adds when it builds, by key of the node.

    Raises:
        UserError: a value is missing, a target is not allowed, an argument does not exist or is missing; it names the
            key.
    """
    refuse_missing(config)
    for key, node in targets(resolved(config)):
        _check(key, node, supplied.get(key, ()))
