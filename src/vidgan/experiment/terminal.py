"""Tables that fit a terminal of any width, whole: nothing of a number or a name is cut off."""

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_ANY = 10_000  # columns
_PIPED = 1000  # columns: other programs read lines
Rows = Sequence[Sequence[Text]]


def fits(console: Console, table: Table) -> bool:
    """Whether no cell needs to be folded."""
    without_limit = console.options.update(max_width=_ANY)
    return Measurement.get(console, without_limit, table).maximum <= console.width


def show_table(console: Console, rows: Rows, title: str, left: int = 1) -> None:
    """Prints a table; on its side where it is too wide, and line by line where that is too wide, too.

    Args:
        console: where to.
        rows: the first one heads the columns, the first cell of each names the row.
        title: stands above.
        left: columns of words; the others are figures.
    """
    turned = [list(column) for column in zip(*rows, strict=True)]
    for cells, words in ((rows, left), (turned, 1)):
        table = _table(cells, title, words)
        if fits(console, table):
            console.print(table)
            return
    console.print(title, style="italic", markup=False, highlight=False)
    for row in rows[1:]:
        console.print(row[0], soft_wrap=True)
        for name, cell in zip(rows[0][1:], row[1:], strict=True):
            if cell.plain:
                console.print(Text.assemble("  ", name, ": ", cell), soft_wrap=True)


def show_lines(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a line a row, without a frame, or two where the terminal is narrow; columns without words are left out.

    Args:
        console: where to.
        heads: of the columns.
        rows: the first cell of each names it.
    """
    columns = [column for column in zip(heads, *rows, strict=True) if any(column[1:])]
    grid = Table(box=None, pad_edge=False)
    for head, *_ in columns:
        grid.add_column(head, no_wrap=True)
    for row in list(zip(*columns, strict=True))[1:]:
        grid.add_row(*row)
    if not console.is_terminal:
        console.width = max(console.width, _PIPED)
    if fits(console, grid):
        console.print(grid)
        return
    for name, *others in rows:
        console.print(name, style="bold", soft_wrap=True)
        console.print("  " + "  ".join(filter(None, others)), soft_wrap=True)


def _table(rows: Rows, title: str, words: int) -> Table:
    table = Table(title=title, title_justify="center")
    for index, head in enumerate(rows[0]):
        table.add_column(head, justify="left" if index < words else "right")
    for row in rows[1:]:
        table.add_row(*row)
    return table
