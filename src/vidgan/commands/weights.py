"""``vidgan-weights``: what weights have a name, what is known of each, and fetches them before they are needed."""

import argparse
import sys
from pathlib import Path

from vidgan.errors import mistakes_told
from vidgan.parsing import Parser, name


def _parser() -> Parser:
    parser = Parser("vidgan-weights", description=__doc__.partition(": ")[2])
    shared = Parser(add_help=False)
    shared.add_argument("--cache", type=Path, default=Path(".cache"), help="where fetched files stay (default: .cache)")
    verbs = parser.add_subparsers(dest="verb", metavar="list | info | fetch", required=True)
    verb = verbs.add_parser("list", parents=[shared], help="name, task, licence and place of all weights")
    verb.add_argument("filter", nargs="?", default="", help="part of a name, a task or a title")
    verb = verbs.add_parser("info", parents=[shared], help="what is known of weights, and how they are used")
    verb.add_argument("name", type=name)
    verb = verbs.add_parser("fetch", parents=[shared], help="have weights where they can be used without a network")
    verb.add_argument("name", type=name, nargs="+", help="of weights, or of a task: all of it")
    return parser


def _work(arguments: argparse.Namespace) -> None:
    from vidgan.experiment import weights_told  # YAML: not for --help

    if arguments.verb == "list":
        weights_told.show(arguments.filter, arguments.cache)
    elif arguments.verb == "info":
        weights_told.tell(arguments.name, arguments.cache)
    else:
        weights_told.fetch(arguments.name, arguments.cache)


def main() -> None:
    given = sys.argv[1:]
    if not given or given[0].startswith("--cache"):
        given = ["list", *given]
    with mistakes_told():
        _work(_parser().parse_args(given))


if __name__ == "__main__":
    main()
