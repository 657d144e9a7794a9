"""What the user typed, whichever process carries it out: a launcher's worker is told, others see it themselves."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Invocation:
    """A command line.

    Attributes:
        command: as it was typed, with the program first.
        overrides: those that one run was composed with, e.g. of one point of a sweep.
    """

    command: tuple[str, ...]
    overrides: tuple[str, ...] = ()


_noted: list[Invocation] = []


def note(command: Sequence[str], overrides: Sequence[str]) -> None:
    """Makes this what the user typed, for the rest of the process."""
    _noted[:] = [Invocation(tuple(command), tuple(overrides))]


def invocation() -> Invocation:
    """What the user typed; without a command of ours, the process's own arguments."""
    return _noted[0] if _noted else Invocation(tuple(sys.argv))
