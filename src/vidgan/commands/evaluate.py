"""``vidgan-evaluate``: scores a run under a protocol."""

import re
import sys

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.evaluation import evaluate  # imports torch and Lightning: not for --help

    evaluate(config)


def _listed(argument: str) -> str:
    """``compare_to=a,b`` as Hydra writes a list, which would take it for a sweep: ``compare_to=[a,b]``."""
    return re.sub(r"^compare_to=(?!null$)([^\[].*)$", r"compare_to=[\1]", argument)


def main() -> None:
    sys.argv[1:] = map(_listed, sys.argv[1:])
    command("evaluate", _work)


if __name__ == "__main__":
    main()
