"""The one place where configuration becomes objects; only allow-listed targets are ever imported."""

import importlib
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from omegaconf import DictConfig, OmegaConf

from vidgan.errors import UserError

ALLOWED = (
    "vidgan.tasks.",
    "vidgan.generators.",
    "vidgan.discriminators.",
    "vidgan.losses.",
    "vidgan.schedules.",
    "vidgan.degradations.",
    "vidgan.masks.",
    "vidgan.data.",
    "vidgan.metrics.",
    "vidgan.protocols.",
    "vidgan.pose.",
    "torch.optim.",
    "torch.nn.",
)
#: What further callbacks and loggers of a training may be; nothing else builds them.
LIGHTNING = {"callbacks": ("pytorch_lightning.callbacks.",), "loggers": ("pytorch_lightning.loggers.",)}
#: What a network may be made of, whatever the file that describes it says.
NETWORKS = ("vidgan.generators.", "vidgan.discriminators.", "torch.nn.")
#: Comma-separated prefixes of a user's own packages, e.g. ``mylab.networks.``; read from the environment so that no
#: configuration file can widen the list.
ALLOWED_VARIABLE = "VIDGAN_ALLOWED_TARGETS"
TARGET, PARTIAL = "_target_", "_partial_"
#: Hydra's further keys, which nothing here needs; how it would convert and recurse is always the same.
_REFUSED = ("_args_", "_recursive_", "_convert_", "_mode_")


def own_prefixes() -> tuple[str, ...]:
    """Those of the user's own packages."""
    own = [part.strip() for part in os.environ.get(ALLOWED_VARIABLE, "").split(",")]
    return tuple(part if part.endswith(".") else part + "." for part in own if part)


def allowed_prefixes(within: tuple[str, ...] = ALLOWED) -> tuple[str, ...]:
    return within + own_prefixes()


def targets(node: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every dict with a ``_target_`` in plain containers, with its dotted key, outermost first."""
    if isinstance(node, dict):
        if TARGET in node:
            yield key, node
        items: Iterable[tuple[Any, Any]] = node.items()
    elif isinstance(node, list):
        items = enumerate(node)
    else:
        return
    for name, value in items:
        yield from targets(value, f"{key}.{name}" if key else str(name))


def resolve_target(path: Any, key: str, within: tuple[str, ...] = ALLOWED) -> Callable[..., Any]:
    """The class that a ``_target_`` names, ``<module>.<class>``; in a user's own package also a function.

    Args:
        path: the ``_target_``.
        key: where it stands, for error messages.
        within: prefixes of vidgan's and torch's that it may have.

    Raises:
        UserError: the target is not allow-listed, leads out of the list through an import, or does not exist.
    """
    prefixes = allowed_prefixes(within)
    if not isinstance(path, str) or not path.startswith(prefixes):
        raise UserError(
            f"{key}._target_: {path!r} is not allowed; allowed are {', '.join(prefixes)} "
            f"(add your own package through the variable {ALLOWED_VARIABLE})."
        )
    module, _, name = path.rpartition(".")
    try:
        target = getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the module itself does
        raise UserError(f"{key}._target_: {path!r} cannot be imported ({error}).") from error
    if inspect.ismodule(target):
        raise UserError(f"{key}._target_: {path!r} is a module; name a class in it.")
    home = f"{getattr(target, '__module__', '')}."
    if not home.startswith(prefixes) and home not in ("torch.optim.", "torch.nn."):
        raise UserError(f"{key}._target_: {path!r} leads to {home.rstrip('.')}, which is not allowed.")
    # Functions were not written to be called by a configuration that came with a file.
    if not inspect.isclass(target) and not (inspect.isfunction(target) and home.startswith(own_prefixes())):
        raise UserError(f"{key}._target_: {path!r} is no class; name a class.")
    return target


def checked(node: Mapping[Any, Any], key: str, within: tuple[str, ...] = ALLOWED) -> Callable[..., Any]:
    """The class of a node, whose keys are ``_target_``, ``_partial_`` and names of arguments.

    Raises:
        UserError: as of :func:`resolve_target`; or a key is of another kind.
    """
    target = resolve_target(node.get(TARGET), key, within)
    for name in node:
        if name in _REFUSED or not isinstance(name, str):
            raise UserError(f"{key}.{name} is not supported; give {node[TARGET]} its arguments by their names.")
    return target


def build(node: DictConfig, key: str, within: tuple[str, ...] = ALLOWED, /, **extra: Any) -> Any:
    """Builds the object a node describes, with plain lists and dicts inside.

    Interpolations are resolved once, before the targets are checked; no text is resolved again after that. Own code
    because Hydra's ``instantiate`` does.

    Args:
        node: a config node with ``_target_``.
        key: where it stands, for error messages.
        within: prefixes that its targets may have, beside those of a user's own packages.
        extra: arguments that are not configuration (other objects, machine settings).

    Raises:
        UserError: a target is not allowed, or it refused its arguments.
    """
    plain = OmegaConf.to_container(node, resolve=True, throw_on_missing=True)
    assert isinstance(plain, dict)
    for inner, described in targets(plain, key):  # all, before the first is called
        checked(described, inner, within)
    return _called(plain, key, within, extra)


def _built(node: Any, key: str, within: tuple[str, ...]) -> Any:
    """The value with an object in the place of every dict that has a ``_target_``."""
    if isinstance(node, list):
        return [_built(item, f"{key}.{index}", within) for index, item in enumerate(node)]
    if isinstance(node, dict):
        if TARGET in node:
            return _called(node, key, within, {})
        return {name: _built(item, f"{key}.{name}", within) for name, item in node.items()}
    return node


def _called(node: Mapping[Any, Any], key: str, within: tuple[str, ...], extra: Mapping[str, Any]) -> Any:
    target = checked(node, key, within)
    given = {name: item for name, item in node.items() if name not in (TARGET, PARTIAL)}
    arguments = {name: _built(item, f"{key}.{name}", within) for name, item in given.items()}
    try:
        return partial(target, **arguments) if node.get(PARTIAL) else target(**arguments, **extra)
    except (ValueError, TypeError, RuntimeError, ArithmeticError, MemoryError) as error:
        raise UserError(f"{key}: {error}") from error
