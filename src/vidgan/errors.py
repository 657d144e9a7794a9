"""The one exception type that a user's mistake raises."""


class UserError(Exception):
    """A mistake the user can mend; its text is one sentence: what is wrong, what was expected, what to do.

    Entry points print the text without a traceback and exit with status 1.
    """
