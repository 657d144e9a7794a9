"""``vidgan-predict``: uses what a run or a file of weights has learned; its task says what it asks for."""

from argparse import Namespace

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command
from vidgan.config.task_parts import options_of, refuse_of_others
from vidgan.errors import UserError
from vidgan.experiment.subject import NOTHING_NAMED, Subject, named

_found: list[Subject] = []


def _options(given: Namespace) -> type | None:
    """What the task of the run that is named asks for; None where only help is asked for, or what Hydra tells."""
    found = named(given.overrides)
    if found is None:
        if given.help or given.hydra_help or given.shell_completion:
            return None
        raise UserError(NOTHING_NAMED)
    refuse_of_others(found.task, given.overrides)
    _found[:] = [found]
    return options_of(found.task)


def _work(config: DictConfig) -> None:
    from vidgan.experiment.prediction import predict  # imports torch: not for --help

    predict(config, *_found)


def main() -> None:
    command("predict", _work, _options)


if __name__ == "__main__":
    main()
