"""The one place where configuration becomes objects; only allow-listed targets are ever imported."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate
from omegaconf import DictConfig, OmegaConf

from vidgan.errors import UserError

ALLOWED = (
    "vidgan.tasks.",
    "vidgan.generators.",
    "vidgan.discriminators.",
    "vidgan.losses.",
    "vidgan.degradations.",
    "vidgan.data.",
    "vidgan.metrics.",
    "vidgan.pose.",
    "torch.optim.",
    "torch.nn.",
)
#: Comma-separated prefixes of a user's own packages, e.g. ``mylab.networks.``; read from the environment so that no
#: configuration file can widen the list.
ALLOWED_VARIABLE = "VIDGAN_ALLOWED_TARGETS"


def allowed_prefixes() -> tuple[str, ...]:
    own = [part.strip() for part in os.environ.get(ALLOWED_VARIABLE, "").split(",")]
    return ALLOWED + tuple(part if part.endswith(".") else part + "." for part in own if part)


def targets(node: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every dict with a ``_target_`` in plain containers, with its dotted key, outermost first."""
    if isinstance(node, dict):
        if "_target_" in node:
            yield key, node
        items: Iterable[tuple[Any, Any]] = node.items()
    elif isinstance(node, list):
        items = enumerate(node)
    else:
        return
    for name, value in items:
        yield from targets(value, f"{key}.{name}" if key else str(name))


def resolve_target(path: str, key: str) -> Callable[..., Any]:
    """The callable a ``_target_`` names.

    Raises:
        UserError: the target is not allow-listed, leads out of the list through an import, or does not exist.
    """
    prefixes = allowed_prefixes()
    if not path.startswith(prefixes):
        raise UserError(
            f"{key}._target_: '{path}' is not allowed; allowed are {', '.join(prefixes)} "
            f"(add your own package through the variable {ALLOWED_VARIABLE})."
        )
    try:
        target = get_object(path)
    except Exception as error:
        raise UserError(f"{key}._target_: '{path}' cannot be imported ({error}).") from error
    home = f"{getattr(target, '__module__', '')}."
    if not callable(target) or not (home.startswith(prefixes) or home == "torch.optim." or home == "torch.nn."):
        raise UserError(f"{key}._target_: '{path}' leads to {home.rstrip('.')}, which is not allowed.")
    return target


def build(node: DictConfig, key: str, **extra: Any) -> Any:
    """Builds the object a node describes, with plain lists and dicts inside.

    Args:
        node: a config node with ``_target_``.
        key: where it stands, for error messages.
        extra: arguments that are not configuration (other objects, machine settings).

    Raises:
        UserError: a target is not allowed, or it refused its arguments.
    """
    plain = OmegaConf.to_container(node, resolve=True, throw_on_missing=True)
    assert isinstance(plain, dict)
    for inner, target in targets(plain, key):
        resolve_target(target["_target_"], inner)
    partial = bool(plain.get("_partial_", False))
    try:
        # The extra arguments are given in a call of our own: Hydra would merge them into the configuration and copy.
        factory = instantiate(plain, _partial_=True, _convert_="all")
        return factory if partial else factory(**extra)
    except InstantiationException as error:
        if isinstance(error.__cause__, UserError):
            raise error.__cause__ from None
        raise UserError(f"{key}: {error.__cause__ or error}") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{key}: {error}") from error
