"""Tables that fit a terminal of any width, whole: nothing of a number or a name is cut off."""

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_ANY = 10_000  # columns
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


def _table(rows: Rows, title: str, words: int) -> Table:
    table = Table(title=title, title_justify="center")
    for index, head in enumerate(rows[0]):
        table.add_column(head, justify="left" if index < words else "right")
    for row in rows[1:]:
        table.add_row(*row)
    return table
