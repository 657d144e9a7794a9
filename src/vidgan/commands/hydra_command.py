"""What every command shares: its configuration, and how a user's mistake is told."""

import os
import re
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from pathlib import Path
from string import Template
from typing import Any, NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from vidgan.config import options
from vidgan.config.command_schemas import ROOTS
from vidgan.config.hydra_keys import refuse_steering
from vidgan.config.invocation import note
from vidgan.config.lint import refuse_missing, refuse_unknown_arguments
from vidgan.config.mistakes import explain
from vidgan.config.option_help import options_told, tasks_told
from vidgan.config.paths import CONF
from vidgan.config.registration import asking_for, register
from vidgan.config.schema_check import keep_to_schema, suggestion
from vidgan.config.spelling import as_meant
from vidgan.errors import UserError, mistakes_told

_FULL_ERROR = "HYDRA_FULL_ERROR"


def help_text(name: str, overrides: list[str], asked: type | None = None) -> str:
    """What ``--help`` prints: ``hydra.help.template`` of ``conf/<name>.yaml``, filled in, or the options of a task.

    Own code because Hydra composes the configuration anew for each of its groups, also where none is shown; that takes
    seconds on a slow machine.
    """
    if asked is not None:
        return options_told(asked)
    template = Template(OmegaConf.load(CONF / f"{name}.yaml").hydra.help.template)
    shown = {}
    if "$APP_CONFIG_GROUPS" in template.template:
        shown["APP_CONFIG_GROUPS"] = _groups()
    if "$TASKS" in template.template:
        shown["TASKS"] = tasks_told()
    if "$CONFIG" in template.template:
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            shown["CONFIG"] = OmegaConf.to_yaml(hydra.compose(name, overrides))
    return template.safe_substitute(shown)


def _groups() -> str:
    """A line for each group of options, the user's own among them: its name and its options."""
    return "\n".join(f"{group}: {', '.join(names)}" for group, names in options.groups().items())


def command(
    name: str, work: Callable[[DictConfig], Any], asks: Callable[[Namespace], type | None] | None = None
) -> None:
    """Runs a command line: composes ``conf/<name>.yaml`` with its overrides and hands it to ``work``.

    Args:
        name: of the root.
        work: what the command does.
        asks: tells of the command line, as Hydra reads it, the options that the root has beside its own.
    """
    register()
    with mistakes_told():
        sweeps = not {"-m", "--multirun"}.isdisjoint(sys.argv)
        sys.argv[1:] = [as_meant(argument, ROOTS[name], sweeps) for argument in sys.argv[1:]]
        given = _arguments()
        if given.multirun and name != "train":
            raise UserError("-m sweeps over trainings, with vidgan-train; run this command once for each value.")
        with options.first_in(_own_folders(given)):
            asked = asks(given) if asks else None
            with asking_for(asked) if asked else nullcontext():
                sys.argv[1:] = [as_meant(argument, ROOTS[name], sweeps) for argument in sys.argv[1:]]
                _run(name, work, _arguments(), asked)


def _run(name: str, work: Callable[[DictConfig], Any], given: Namespace, asked: type | None) -> None:
    crashes: list[Exception] = []
    entry = _entry(name, work, crashes)
    with _errors_handed_on():
        try:
            if _own_folders(given):
                refuse_steering(name, given)
            if given.cfg or given.info or (given.help and given.overrides and asked is None):
                _refuse_unknown(name, given.overrides)
            if given.help:
                if asked is not None:
                    _refuse_unknown_options(given.overrides, ROOTS[name])
                print(help_text(name, given.overrides, asked))
            else:
                entry()
        except (HydraException, OmegaConfBaseException, YAMLError, ValueError, AssertionError) as error:
            if error in crashes or not _of_hydra(error):
                raise
            raise UserError(explain(error, name, given.overrides)) from error


def _entry(name: str, work: Callable[[DictConfig], Any], crashes: list[Exception]) -> Callable[[], Any]:
    """Hydra's way into ``work``, whose own errors are noted in ``crashes``."""

    @hydra.main(config_path=str(CONF), config_name=name, version_base="1.3")
    def entry(config: DictConfig) -> None:
        try:
            with mistakes_told():  # here, for what leaves this function is told by Hydra as well
                for line in options.winning():
                    print(line, file=sys.stderr)
                keep_to_schema(config)
                refuse_missing(config)
                _refuse_files(config.paths)
                note(sys.argv, HydraConfig.get().overrides.task)
                work(config)
        except Exception as error:
            crashes.append(error)
            raise

    return entry


def _refuse_unknown(name: str, overrides: list[str]) -> None:
    """Checks what is about to be shown, where Hydra shows it by itself; what is missing may be.

    Raises:
        UserError: it names a key at fault.
    """
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        config = hydra.compose(name, overrides)
    keep_to_schema(config)
    refuse_unknown_arguments(config)


def _refuse_unknown_options(overrides: list[str], root: type) -> None:
    """The same by the names alone, without the time that composing takes."""
    known = [part.name for part in fields(root)]
    for override in overrides:
        key = re.split(r"[=.@]", override.lstrip("+~"))[0]
        if key not in [*known, "hydra"]:
            raise UserError(f"{key}: there is no such key; {suggestion(key, known)}")


def _refuse_files(paths: DictConfig) -> None:
    for name, folder in paths.items():
        if Path(folder).exists() and not Path(folder).is_dir():
            raise UserError(f"paths.{name!s}={folder} is a file; give a folder.")


def _arguments() -> Namespace:
    """Hydra's reading of the command line.

    Raises:
        UserError: there is an option that Hydra does not have, or a key is added to Hydra's own.
    """
    parser = get_args_parser()
    parser.allow_abbrev = False
    parser.error = _refuse_option  # type: ignore[method-assign]  # Hydra makes it
    given = parser.parse_args()
    for override in given.overrides:
        if override.lstrip("~+").startswith("="):
            raise UserError(f"{override}: expected key=value; see --help.")
        if override.startswith(("+hydra.", "++hydra.")):
            raise UserError(f"{override}: Hydra's own configuration takes no further keys; leave it out.")
        if override.endswith("={}"):
            raise UserError(
                f"{override}: a mapping is merged, so this changes nothing; ~<key> removes one of its keys."
            )
    return given


def _refuse_option(message: str) -> NoReturn:
    raise UserError(f"{message}; keys are given as key=value, see --help.")


def _own_folders(given: Namespace) -> list[str]:
    """The folders of ``--config-dir`` and ``hydra.searchpath=[...]``."""
    folders = [f"file://{Path(given.config_dir).absolute()}"] if given.config_dir else []
    for override in given.overrides:
        key, _, value = override.partition("=")
        if key == "hydra.searchpath":
            folders += [part.strip(" '\"") for part in value.strip("[]").split(",") if part]
    return folders


@contextmanager
def _errors_handed_on() -> Iterator[None]:
    """Inside, Hydra raises its errors instead of printing them over several lines."""
    before = os.environ.get(_FULL_ERROR)
    os.environ[_FULL_ERROR] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FULL_ERROR]
        else:
            os.environ[_FULL_ERROR] = before


def _of_hydra(error: BaseException) -> bool:
    """Whether Hydra, OmegaConf or the YAML parser has raised an error: the user's input is at fault."""
    if isinstance(error, (HydraException, OmegaConfBaseException, YAMLError)):
        return True
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    return any(name in Path(raised_in).parts for name in ("hydra", "omegaconf"))
