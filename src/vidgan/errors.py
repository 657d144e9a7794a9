"""The one exception type that a user's mistake raises, and how it is told."""

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import NoReturn

from vidgan.streams import delivered, open_closed

_SIGPIPE = 13  # which Windows does not have


class UserError(Exception):
    """A mistake the user can mend; its text is one sentence: what is wrong, what was expected, what to do.

    Entry points print the text without a traceback and exit with status 1.
    """


def one_line(error: Exception) -> str:
    """What an error says, for people: a user's mistake as it is, any other one after its type."""
    told = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return " ".join(told.split())


def printable(text: object) -> str:
    """As one line in which nothing commands a terminal: a name may hold anything, and it may be somebody else's."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(text).replace("\n", " "))


@contextmanager
def told_of(key: str) -> Iterator[None]:
    """Has a mistake in what a key names begin with that key."""
    try:
        yield
    except UserError as error:
        told = str(error)
        raise UserError(told if told.startswith((f"{key}=", f"{key}:", f"{key} ")) else f"{key}: {told}") from error


@contextmanager
def mistakes_told() -> Iterator[None]:
    """Ends the process with one sentence on stderr after a user's mistake, and without a word after Ctrl-C.

    What the system refuses is a user's matter, too. A terminal that lacks a sign shows another one in its place.
    Whoever reads the output may leave before its end, as ``head`` does: then the process ends without a word.
    """
    open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        try:
            yield
        except SystemExit:
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except UserError as error:
        _end(str(error))
    except OSError as error:
        if isinstance(error, BrokenPipeError) and not delivered("\n"):
            sys.exit(128 + _SIGPIPE)
        place = f"{error.filename}: " if error.filename else ""
        _end(f"{place}{error.strerror or error}; mend it, then run the same command again.")
    except RuntimeError as error:
        if getattr(error.__context__, "errno", None) != errno.ELOOP:
            raise
        _end(f"{error}; mend it, then run the same command again.")  # of pathlib, until Python 3.12
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _end(sentence: str) -> NoReturn:
    with suppress(OSError):  # nobody may be there to be told
        print(f"error: {printable(sentence)}", file=sys.stderr)
    delivered()
    sys.exit(1)
