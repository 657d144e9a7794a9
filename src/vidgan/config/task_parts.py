"""The parts of a task beside the class that is trained: what its use asks for, and the use itself.

Of a task whose ``_target_`` is ``pkg.task.Class`` they are ``pkg.options.Options`` and ``pkg.use.use``; where there are
no such modules, ``Options`` and ``use`` beside the class. What a class has not is what the class that it extends has,
and in the end that of :mod:`vidgan.inference.clips`: clips in, clips out. Beside ``Options`` stands ``NETWORKS``, the
beginnings of the targets of networks whose weights are of the task.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from vidgan.config import options
from vidgan.config.instantiate import ALLOWED, TARGET, allowed_prefixes, resolve_target
from vidgan.errors import UserError
from vidgan.inference.options import ClipOptions

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
    for home in resolve_target(task, "task").__mro__:  # type: ignore[attr-defined]
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
