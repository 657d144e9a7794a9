"""What may be written where: nothing in place of an input, and nothing unasked in place of what is there."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.prompt import Confirm

from vidgan.errors import UserError


def refuse_inputs(output: Path, *inputs: Path) -> None:
    """
    Raises:
        UserError: the output is one of the inputs.
    """
    if os.path.realpath(output) in map(os.path.realpath, inputs):
        raise UserError(f"output={output} is an input itself; choose another name.")


def allow_overwriting(outputs: Iterable[Path], overwrite: bool, key: str = "output") -> None:
    """Asks, where somebody sits at a terminal, whether what is there may be replaced.

    Args:
        outputs: files and folders that are about to be written.
        overwrite: whether they may be in any case.
        key: what the command line calls them.

    Raises:
        UserError: it may not.
    """
    there = [path for path in outputs if path.is_file() or (path.is_dir() and any(path.iterdir()))]
    if not there or overwrite:
        return
    more = f" and {len(there) - 1} more" if len(there) > 1 else ""
    if sys.stdin.isatty() and sys.stderr.isatty() and Confirm.ask(f"{there[0]}{more} is there already; replace it?"):
        return
    raise UserError(f"{key}={there[0]}{more} is there already; choose another name, or overwrite=true.")
