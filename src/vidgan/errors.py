"""The one exception type that a user's mistake raises, and how it is told."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A mistake the user can mend; its text is one sentence: what is wrong, what was expected, what to do.

    Entry points print the text without a traceback and exit with status 1.
    """


def one_line(error: Exception) -> str:
    """What an error says, for people: a user's mistake as it is, any other one after its type."""
    told = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return " ".join(told.split())


@contextmanager
def mistakes_told() -> Iterator[None]:
    """Ends the process with one sentence on stderr after a user's mistake, and without a word after Ctrl-C."""
    try:
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
