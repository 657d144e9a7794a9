"""What commands tell people on the terminal."""

from rich.console import Console

from vidgan.errors import printable


def say(text: str, style: str = "", error: bool = False) -> None:
    """Prints a line as it is: its numbers are not colored, its brackets are no markup, and it is not folded.

    What in it commands a terminal is spelled out: it may hold the name of somebody else's file.

    Args:
        text: the line.
        style: of rich, e.g. ``bold red``.
        error: print to stderr.
    """
    Console(stderr=error).print(printable(text), style=style, highlight=False, markup=False, soft_wrap=True)
