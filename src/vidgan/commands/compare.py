"""``vidgan-compare``: what differs between runs, and what difference it makes."""

import argparse
from pathlib import Path

from vidgan.errors import mistakes_told
from vidgan.parsing import Parser, folder, name

_ABOUT = """\
Compares finished runs: finds the keys they differ in, joins seeds, pairs the test clips, and writes tables (CSV,
Markdown, LaTeX) and one self-contained HTML page.

runs are groups, run ids, names or their beginnings, run folders or folders of such, patterns, offline W&B logs, or
wandb:entity/project[/group].
"""
_KEYS = """\
keys:
  reference=TEXT     variant that differences are taken from: its label, a run's id, or a part of either that is unique
  out=FOLDER         where to write; default comparisons/<name of the runs>
  budget_mb=NUMBER   most that pictures and videos may add to the page; default 24
  wandb=true         also make a W&B report and a workspace of the same
"""


def main() -> None:
    parser = Parser(
        "vidgan-compare", description=_ABOUT, epilog=_KEYS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("arguments", type=name, nargs="+", metavar="runs|key=value", help="what to compare, and how")
    parser.add_argument("--runs", type=folder, default=Path("runs"), help="the folder of all runs; default runs")
    with mistakes_told():
        given = parser.parse_intermixed_args()  # runs and keys may stand around an option
        from vidgan.comparison.command import run  # imports torch: not for --help

        run(given.arguments, given.runs)


if __name__ == "__main__":
    main()
