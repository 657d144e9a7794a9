"""The parts of a task beside the class that is trained: what its use asks for, and the use itself.

Of a task whose ``_target_`` is ``pkg.task.Class`` they are ``pkg.options.Options`` and ``pkg.use.use``; where there are
no such modules, ``Options`` and ``use`` beside the class. What a class has not is what the class that it extends has,
and in the end that of :mod:`vidgan.inference.clips`: clips in, clips out. Beside ``Options`` stands ``NETWORKS``, the
beginnings of the targets of networks whose weights are of the task.
"""

import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import Field, fields, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from vidgan.config import options
from vidgan.config.instantiate import ALLOWED, TARGET, allowed_prefixes, resolve_target
from vidgan.errors import UserError
from vidgan.inference.options import ClipOptions
from vidgan.limits import REQUIRED

OPTIONS, USE = ("options", "Options"), ("use", "use")


def options_of(task: str | None) -> type:
    """The dataclass that says what the use of a task asks for; without torch where it has a module of its own.

    Args:
        task: its ``_target_``; None where it is not known.

    Raises:
        UserError: the task may not be imported or cannot be, or what stands there is no dataclass.
    """
    found = None if task is None else _part(task, *OPTIONS)
    if found is None:
        return ClipOptions
    if not (isinstance(found, type) and is_dataclass(found)):
        raise UserError(f"task._target_: {task!r}: its Options are no dataclass.")
    return found


def needed(part: "Field[Any]") -> bool:
    """Whether an option of a task has to be given."""
    return bool(part.default == REQUIRED) and part.metadata.get("option") is None


def refuse_of_others(task: str | None, overrides: Sequence[str]) -> None:
    """
    Args:
        task: as of :func:`options_of`.
        overrides: of a command line.

    Raises:
        UserError: one of them is an option of another task, or chooses what this one cannot do with.
    """
    own = {part.name: part for part in fields(options_of(task))}
    for override in overrides:
        key, _, value = override.lstrip("+~").partition("=")
        if key in own and (instead := own[key].metadata.get("without", {}).get(value)):
            raise UserError(f"{key}={value} is not for this task; {instead}.")
        name = re.split(r"[.@]", key)[0]
        if name not in own and (others := [other for other, target in known_tasks() if _asks(target, name)]):
            asked = ", ".join(f"{part.name}=..." for part in own.values() if needed(part))
            raise UserError(
                f"{name} is an option of {', '.join(others)}; this network's task asks for {asked}, see --help beside "
                "what you give."
            )


def _asks(task: str, name: str) -> bool:
    return any(part.name == name for part in fields(options_of(task)))


def use_of(task: str | None) -> Callable[..., Path]:
    """The function ``use(trained, options)`` of a task; arguments and errors as of :func:`options_of`."""
    from vidgan.inference.clips import use  # imports torch: not for --help

    found = None if task is None else _part(task, *USE)
    if found is not None and not callable(found):
        raise UserError(f"task._target_: {task!r}: its use is no function.")
    return found or use


def claiming(network: str) -> str | None:
    """The ``_target_`` of the task that a network's weights are of, among the options of ``tasks``; None where none is.

    Args:
        network: its ``_target_``.
    """
    return next((task for _, task in claimed(network)), None)


def claimed(network: str) -> Iterator[tuple[str, str]]:
    """The tasks that a network's weights are of: the name in ``conf/tasks``, and the ``_target_``."""
    for name, task in known_tasks():
        if network.startswith(tuple(_beside(task, "options", "NETWORKS") or ())):
            yield name, task


def known_tasks() -> Iterator[tuple[str, str]]:
    """The options of ``tasks``, one's own among them: name and ``_target_``."""
    for name in options.names("tasks"):
        node = OmegaConf.load(options.find("tasks", name) or "")
        target = OmegaConf.select(node, f"task.{TARGET}") or OmegaConf.select(node, TARGET)
        if isinstance(target, str):
            yield name, target


def _part(task: str, module: str, attribute: str) -> Any:
    """What the task's package or module has, or that of a class that it extends."""
    if (found := _beside(task, module, attribute)) is not None:
        return found
    kind = resolve_target(task, "task")
    for home in kind.__mro__ if isinstance(kind, type) else ():
        path = f"{home.__module__}.{home.__qualname__}"
        if path.startswith(allowed_prefixes()) and (found := _beside(path, module, attribute, own=True)) is not None:
            return found
    return None


def _beside(task: str, module: str, attribute: str, own: bool = False) -> Any:
    """``pkg.module.attribute`` of a ``pkg.task.Class``; with ``own``, else the attribute of its own module."""
    home = task.rpartition(".")[0]
    beside = f"{home.rpartition('.')[0]}.{module}"
    if not task.startswith(allowed_prefixes(ALLOWED)):
        return None
    try:
        if beside.startswith(allowed_prefixes(ALLOWED)) and find_spec(beside) is not None:
            return getattr(importlib.import_module(beside), attribute, None)
        return getattr(importlib.import_module(home), attribute, None) if own else None
    except ModuleNotFoundError:
        return None
    except Exception as error:  # whatever the module itself does
        raise UserError(f"task._target_: {task!r}: {beside} cannot be imported ({error}).") from error
