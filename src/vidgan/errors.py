"""The one exception type that a user's mistake raises."""


class UserError(Exception):
    """A mistake the user can mend; its text is one sentence: what is wrong, what was expected, what to do.

    Entry points print the text without a traceback and exit with status 1.
    """


def one_line(error: Exception) -> str:
    """What an error says, for people: a user's mistake as it is, any other one after its type."""
    told = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return " ".join(told.split())
