"""One namespace: a function is given what its signature names, or is refused by name.

A loss, a metric, a discriminator, a penalty and a baseline are all called so. A parameter without a default is needed;
one with a default is given where something of its name is there; ``*args`` and ``**kwargs`` are given nothing.
"""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from vidgan.errors import UserError

#: Names that mean the same in every step, whatever clips, conditions and outputs are called.
OWN = ("clip", "condition", "real", "fake", "averaged", "seeds")


@dataclass(frozen=True)
class Asked:
    """What a function asks for.

    Attributes:
        needed: names of the parameters without a default, in their order.
        optional: names of those with one.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        yield from self.needed
        yield from self.optional

    def __contains__(self, name: object) -> bool:
        return name in self.needed or name in self.optional

    def beside(self, *own: str) -> "Asked":
        """Without what the caller itself gives: ``own`` names."""
        needed, optional = (tuple(name for name in names if name not in own) for names in (self.needed, self.optional))
        return Asked(needed, optional)

    def absent(self, there: Collection[str]) -> list[str]:
        """What is needed and not there."""
        return [name for name in self.needed if name not in there]

    def of(self, namespace: Mapping[str, Any], asker: str) -> dict[str, Any]:
        """The arguments, by their names.

        Args:
            namespace: what there is.
            asker: who asks, for the message.

        Raises:
            UserError: something that is needed is not there.
        """
        self.refuse_absent(namespace, asker)
        return {name: namespace[name] for name in self if name in namespace}

    def refuse_absent(self, there: Collection[str], asker: str) -> None:
        """
        Args:
            there: names of what there is.
            asker: who asks, for the message.

        Raises:
            UserError: something that is needed is not there; the text names it, and what is.
        """
        if absent := self.absent(there):
            raise UserError(
                f"{asker} asks for {', '.join(absent)}, and there is only {', '.join(sorted(there))}; remove it, or "
                "choose data or a generator that has what it asks for."
            )


def asked_by(function: Any) -> Asked:
    """What a function, a method, a module (its ``forward``) or another callable object asks for.

    Of a class, what its instances ask for.
    """
    if inspect.isclass(function):
        return _asked(_entry(function), 1)
    if inspect.ismethod(function):
        return _asked(function.__func__, 1)
    if inspect.isfunction(function):
        return _asked(function, 0)
    entry = _entry(type(function))
    return _asked(entry, 1) if inspect.isfunction(entry) else _read(function, 0)


def _entry(kind: type) -> Any:
    """What runs when an instance is called."""
    return getattr(kind, "forward", kind.__call__)


@cache
def _asked(function: Callable[..., Any], skipped: int) -> Asked:
    return _read(function, skipped)


def _read(function: Callable[..., Any], skipped: int) -> Asked:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = list(inspect.signature(function).parameters.values())[skipped:]
    parameters = [parameter for parameter in parameters if parameter.kind in named]
    needed = tuple(parameter.name for parameter in parameters if parameter.default is parameter.empty)
    return Asked(needed, tuple(p.name for p in parameters if p.default is not p.empty))
