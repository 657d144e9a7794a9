"""Which network a file of weights belongs to, by its keys and shapes.

Own code because spandrel, the library that does this, covers single images only.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import vidgan.generators
from vidgan.errors import UserError
from vidgan.generators.base import PublishedNetwork
from vidgan.weights import NAMED, State, renamed, without_prefix


def networks() -> Iterator[type[PublishedNetwork]]:
    """The networks of this package that tell how to recognise them."""
    for module in pkgutil.iter_modules(vidgan.generators.__path__, f"{vidgan.generators.__name__}."):
        for _, item in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            own = item.__module__ == module.name and "recognise" in vars(item)
            if own and issubclass(item, PublishedNetwork) and item is not PublishedNetwork:
                yield item


def recognise(state: State, source: str | Path) -> dict[str, Any]:
    """How to build the network that has these weights: ``{"_target_": its class, argument: value, ...}``.

    Args:
        state: tensors by key, in any published naming and under any of the prefixes that ``load_weights`` removes.
        source: the file they come from, for the error message.

    Raises:
        UserError: no network of this package has such keys.
    """
    plain = without_prefix(state)
    for network in networks():
        shapes = {key: tuple(value.shape) for key, value in renamed(plain, network.aliases).items()}
        try:
            return {"_target_": f"{network.__module__}.{network.__qualname__}", **network.recognise(shapes)}
        except KeyError:
            continue
    first = f"its keys are {', '.join(list(plain)[:NAMED])}, ..." if plain else "it holds no tensors by name"
    known = ", ".join(network.__name__ for network in networks())
    raise UserError(f"{source} belongs to no network that vidgan knows: {first} (known are {known}).")
