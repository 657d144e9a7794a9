"""``vidgan-data``: checks a data set, and indexes it so that training starts at once."""

import sys
from functools import partial

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command

_VERBS = ("check", "index")
_OF_HYDRA = ("--hydra-help", "--version", "--shell-completion", "-sc")  # need no verb


def _work(verb: str, config: DictConfig) -> None:
    from vidgan.experiment import data_inspection as data_sets  # imports torch: not for --help

    if verb == "index":
        data_sets.index(config)
    elif not data_sets.check(config):
        sys.exit(1)


def main() -> None:
    asks_for_help = {"-h", "--help"} & set(sys.argv[1:]) or len(sys.argv) == 1
    verb = "--help" if asks_for_help else sys.argv[1]
    if not asks_for_help and verb not in (*_VERBS, *_OF_HYDRA):
        print(f"error: {verb} is nothing that vidgan-data does; it does {' and '.join(_VERBS)}", file=sys.stderr)
        sys.exit(1)
    sys.argv[1:] = ["--help"] if asks_for_help else sys.argv[1 if verb in _OF_HYDRA else 2 :]
    try:
        command("data_sets", partial(_work, verb))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
