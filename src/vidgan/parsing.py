"""Command lines of options, for the commands that compose no configuration; light, so that --help is quick."""

import argparse
from pathlib import Path
from typing import Any, NoReturn

from vidgan.errors import UserError


class Parser(argparse.ArgumentParser):
    """A parser that tells a mistake in one sentence, and takes no beginnings of options for options."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see {self.prog} --help.")


def name(text: str) -> str:
    """An argument that says which: never empty, for the empty text is the beginning of every name."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty (is a variable of the shell unset?)")
    return text


def count(text: str) -> int:
    """An argument that says how many."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number, 1 or more")
    return int(text)


def folder(text: str) -> Path:
    """An argument that names a folder that is there."""
    if not Path(name(text)).is_dir():
        raise argparse.ArgumentTypeError(f"{text}: there is no such folder")
    return Path(text)
