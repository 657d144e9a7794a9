"""``vidgan-runs``: what runs there are and how they fare; cancels, requeues, removes, shows logs, uploads to W&B."""

import argparse
import sys
from pathlib import Path

from vidgan.errors import mistakes_told
from vidgan.parsing import Parser, count, folder, name


def _parser() -> Parser:
    parser = Parser("vidgan-runs", description=__doc__.partition(": ")[2])
    shared = Parser(add_help=False)
    shared.add_argument("--runs", type=folder, default=Path("runs"), help="folder of the runs (default: runs)")
    verbs = parser.add_subparsers(dest="verb", metavar="list | cancel | requeue | remove | logs | sync", required=True)
    verb = verbs.add_parser("list", parents=[shared], help="state, iteration, job, newest metric and age of every run")
    verb.add_argument("filter", nargs="?", default="", help="part of an id, a task, a state or a point of a sweep")
    verb = verbs.add_parser("cancel", parents=[shared], help="end runs after a checkpoint; they can go on later")
    verb.add_argument("run", type=name, nargs="+", help="id, the beginning of one, or folder")
    verb = verbs.add_parser("requeue", parents=[shared], help="have SLURM begin another attempt, after a checkpoint")
    verb.add_argument("run", type=name, nargs="+", help="id, the beginning of one, or folder")
    verb = verbs.add_parser("remove", parents=[shared], help="delete run folders, after a question for each")
    verb.add_argument("run", type=name, nargs="+", help="id, the beginning of one, or folder")
    verb.add_argument("-y", "--yes", action="store_true", help="ask nothing; also the only finished copy goes")
    verb = verbs.add_parser("logs", parents=[shared], help="print what a run has written, and why it failed")
    verb.add_argument("run", type=name, help="id, the beginning of one, or folder")
    verb.add_argument("-n", "--lines", type=count, default=50, help="so many lines from the end (default: 50)")
    verb.add_argument("-f", "--follow", action="store_true", help="and go on until Ctrl-C")
    verb = verbs.add_parser("sync", parents=[shared], help="upload to W&B what it has not got, and check that it has")
    verb.add_argument("run", type=name, nargs="*", help="id, the beginning of one, or folder (default: all)")
    return parser


def _work(arguments: argparse.Namespace) -> None:
    # Hydra and YAML: not for --help
    from vidgan.launch import control, removal
    from vidgan.launch.status import run_folders
    from vidgan.record.folder import find_run

    if arguments.verb == "list":
        control.show(arguments.runs, arguments.filter)
    elif arguments.verb == "sync":
        folders = [find_run(arguments.runs, name) for name in arguments.run]
        if not control.upload(folders or run_folders(arguments.runs)):
            sys.exit(1)
    elif arguments.verb == "logs":
        control.logs(find_run(arguments.runs, arguments.run), arguments.lines, arguments.follow)
    elif arguments.verb == "remove":
        for folder in [find_run(arguments.runs, name) for name in arguments.run]:
            print(f"{folder.id}  {removal.remove(folder, arguments.runs, arguments.yes)}")
    elif arguments.verb == "cancel":
        for folder in [find_run(arguments.runs, name) for name in arguments.run]:
            print(f"{folder.id}  {control.cancel(folder)}")
    else:
        for folder in [find_run(arguments.runs, name) for name in arguments.run]:
            print(f"{folder.id}  {control.requeue(folder, arguments.runs)}")


def main() -> None:
    given = sys.argv[1:]
    if not given or (given[0].startswith("--runs")):
        given = ["list", *given]
    with mistakes_told():
        _work(_parser().parse_args(given))


if __name__ == "__main__":
    main()
