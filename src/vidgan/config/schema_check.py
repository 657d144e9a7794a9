"""Whether a configuration keeps to its schema: no unknown key, no empty text, every value in its range."""

import difflib
import math
from collections.abc import Collection, Iterator
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vidgan.errors import UserError
from vidgan.limits import WORDS

#: The share of letters in common, in difflib's way of counting, from which one name may be meant by another.
ALIKE = 0.65
_MISSING = "???"
_MAPPING = "a mapping of keys to values, {a: 1}"


def keep_to_schema(config: DictConfig) -> None:
    """Checks a root configuration against the dataclass it was made from.

    Raises:
        UserError: it names the first key at fault, and what is expected there.
    """
    schema = OmegaConf.get_type(config)
    assert is_dataclass(schema), "the root of a command is a dataclass"
    for part in fields(schema):  # before what refers to them
        if part.name not in config.keys():  # noqa: SIM118 - what is ??? is a key, but not in it
            raise UserError(f"{part.name} is gone, and it is needed; leave ~{part.name} out.")
    plain = resolved(config)
    given = _given(plain, OmegaConf.to_container(config))
    for problem in (*unknown_keys(plain, schema), *unfit_values(given, schema), *unfit_values(plain, schema)):
        raise UserError(problem)


def resolved(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain values; those that are not given stay ``???``.

    Raises:
        UserError: a value refers to one that is not there.
    """
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    except OmegaConfBaseException as error:
        raise UserError(f"{error.full_key}: {str(error).partition(chr(10))[0]}.") from error
    return plain


def _given(plain: Any, raw: Any) -> Any:
    """The values without those that follow from others, which are ``???``: the cause is named before what follows."""
    if isinstance(plain, dict) and isinstance(raw, dict):
        return {name: _given(value, raw.get(name)) for name, value in plain.items()}
    follows = isinstance(raw, str) and "${" in raw and not isinstance(plain, dict | list)
    return _MISSING if follows else plain


def unknown_keys(plain: dict[str, Any], schema: Any, key: str = "") -> Iterator[str]:
    """One sentence for each key that is not of the schema."""
    hints = get_type_hints(schema)
    for name, value in plain.items():
        path = _joined(key, name)
        if name not in hints:
            yield f"{path}: there is no such key; {suggestion(name, hints, key)}"
            continue
        inner = item_type(hints[name])
        nodes = {path: value} if inner is None else {_joined(path, str(item)): value[item] for item in value or {}}
        for inner_path, node in nodes.items():
            if is_dataclass(inner or bare(hints[name])) and isinstance(node, dict):
                yield from unknown_keys(node, inner or bare(hints[name]), inner_path)


def unfit_values(plain: dict[str, Any], schema: Any, key: str = "") -> Iterator[str]:
    """One sentence for each value that is empty or out of its range; nodes with ``_target_`` are not entered."""
    hints = get_type_hints(schema)
    for part in fields(schema):
        path, hint = _joined(key, part.name), hints[part.name]
        if part.name not in plain:
            yield f"{path} is gone, and it is needed; leave ~{path} out."
        elif (inner := item_type(hint)) is not None:
            for name, value in plain[part.name].items():
                yield from _unfit(value, f"{path}.{name}", inner, part)
        else:
            yield from _unfit(plain[part.name], path, hint, part)


def _unfit(value: Any, key: str, hint: Any, part: "Field[Any]") -> Iterator[str]:
    if value == _MISSING:
        return
    if is_dataclass(bare(hint)):
        yield from unfit_values(value, bare(hint), key) if value is not None else ()
    elif part.metadata.get("component"):
        yield from _no_component(value, key, part)
    elif value == "" or (isinstance(value, list) and "" in value):
        yield f"{key} is empty; give a value, or leave {key}= out (is a variable of the shell unset?)."
    elif value is not None and not _admitted(value, part):
        yield f"{key}={shown(value)}: expected {expected(hint, part)}."


def _no_component(value: Any, key: str, part: "Field[Any]") -> Iterator[str]:
    """What is to become an object is a mapping with ``_target_``; a name is the choice of an option."""
    if (value is None and part.default is None) or (isinstance(value, dict) and "_target_" in value):
        return
    name = key.rpartition(".")[2]
    if name.startswith("_"):  # of a class, where several are expected by their names
        group = (part.metadata["group"] or "").format(name="<name>")
        yield f"{key.rpartition('.')[0]} holds several, each by its name; add one by +{group}=<option>."
        return
    group = (part.metadata["group"] or "").format(name=key.split(".")[1] if "." in key else key)
    if isinstance(value, dict):
        yield f"{key} has no _target_, which names its class" + (
            f"; choose one with {group}=<option>." if group else "."
        )
    else:
        hint = f"did you mean {group}={shown(value)}?" if group else "it is a mapping with _target_."
        if value is None:
            hint = f"choose one with {group}=<option>." if group else hint
        yield f"{key}={shown(value)} is no configuration; {hint}"


def _admitted(value: Any, part: "Field[Any]") -> bool:
    rule = part.metadata.get("rule")
    return rule.admits(value) if rule else not (isinstance(value, float) and not math.isfinite(value))


def expected(hint: Any, part: "Field[Any]") -> str:
    """What a field may hold, in words."""
    kind = bare(hint)
    if "rule" in part.metadata:
        told = str(part.metadata["rule"])
    elif isinstance(kind, type) and issubclass(kind, Enum):
        told = f"one of {', '.join(item.name for item in kind)}"
    elif get_origin(kind) is list:
        told = "a list, [a,b]"
    else:
        told = WORDS.get(kind, _MAPPING)
    return f"{told}, or null" if kind is not hint else told


def expected_at(schema: Any, key: str) -> str | None:
    """What the value of a dotted key may be, in words; None where the schema does not tell."""
    name, _, rest = key.partition(".")
    parts = {part.name: part for part in fields(schema)}
    if name not in parts:
        return None
    hint = get_type_hints(schema)[name]
    if (inner := item_type(hint)) is not None:
        _, _, rest = rest.partition(".")
        return expected_at(inner, rest) if rest and is_dataclass(inner) else None if "." in key else _MAPPING
    if is_dataclass(bare(hint)):
        return expected_at(bare(hint), rest) if rest else _MAPPING
    return None if rest or parts[name].metadata.get("component") else expected(hint, parts[name])


def takes_text(schema: Any, key: str) -> bool:
    """Whether the value of a dotted key is any text."""
    return (expected_at(schema, key) or "").startswith(WORDS[str])


def suggestion(name: str, known: Collection[str], key: str = "") -> str:
    """``did you mean losses.pixel?``, or all names that are known below ``key``."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)
    return f"did you mean {_joined(key, near[0])}?" if near else f"there are {', '.join(known)}."


def bare(hint: Any) -> Any:
    """A type without ``| None``."""
    if isinstance(hint, UnionType) or get_origin(hint) is Union:
        (kind,) = (kind for kind in get_args(hint) if kind is not type(None))
        return kind
    return hint


def item_type(hint: Any) -> Any:
    """The type of the values of a ``dict``; None of any other type."""
    return get_args(hint)[1] if get_origin(hint) is dict else None


def shown(value: Any) -> str:
    """A value as it is written on a command line."""
    if isinstance(value, list):
        return f"[{','.join(map(shown, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else str(name)
