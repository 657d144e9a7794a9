"""Hydra's errors, each as one sentence that names the key and the remedy.

Hydra's own advise to add a ``+``, which turns a typo into a key that nothing reads.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError

from vidgan.config import options
from vidgan.config.command_schemas import ROOTS
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.config.schema_check import ALIKE, expected_at, suggestion

_UNKNOWN = re.compile(r"Could not override '([^']+)'|Override (\S+?)=.* looks like a config group")
_WRONG = re.compile(r"Error merging override ([^=]+)=?(.*)", re.DOTALL)
_NOT_THERE = re.compile(r"Could not delete from config\. '([^']+)' does not exist")
_IN_FILE = re.compile(r"In '([^']+)': \w+ raised while composing config:\n(.*)", re.DOTALL)
_KEY = re.compile(r"(~|\+{0,2})[^\s\[\].,:=+~]+([.@:/][^\s\[\].,:=+~]+)*")
_FULL_KEY = re.compile(r"full_key: (\S+)")


def explain(error: Exception, command: str, overrides: Sequence[str]) -> str:
    """What is wrong with a command line, in one sentence.

    Args:
        error: that Hydra or OmegaConf has raised.
        command: whose configuration was composed, e.g. ``train``.
        overrides: the arguments of the command line.
    """
    text = str(error)
    if isinstance(error, OverrideParseException):
        return _unreadable(error.override)
    if isinstance(error, MissingConfigException):
        return _no_option(error.missing_cfg_file or "", text, overrides)
    if text.startswith("Config group override"):
        return _no_name(overrides)
    if isinstance(error, MarkedYAMLError):
        return f"{error.problem_mark.name if error.problem_mark else 'YAML'}: cannot be read ({_line(text)})."
    if found := _UNKNOWN.search(text):
        return _no_key(found[1] or found[2], command, overrides)
    if found := _WRONG.search(text):
        return _wrong_value(found[1], found[2], error.__cause__, command, overrides)
    if found := _IN_FILE.search(text):
        return _wrong_in_file(found[1], found[2], command)
    if found := _NOT_THERE.search(text):
        return _nothing_to_remove(found[1], command, overrides)
    if text.startswith("Unexpected type for root"):
        return _below_nothing(known_keys(command, overrides), overrides)
    return _told_by_hydra(text) or f"{_line(text)}."


def _told_by_hydra(text: str) -> str | None:
    """The errors that need no more than other words."""
    sentences = {
        r"An item is already at '([^']+)'": "+{0}: there is such a key already; leave the + out.",
        r"Could not delete from config\. The value of '([^']+)' is (.*) and not (.*)\.": (
            "~{0}={2}: its value is {1}, and another one is not removed; ~{0} removes any."
        ),
        r"force-add of config groups is not supported: '\+\+([^']+)'": "++{0}: an option is chosen without the ++.",
        r"Could not delete '([^']+)'\. No match": "~{0}: nothing of that name is chosen; leave it out.",
        r"Ambiguous value for argument '([^=]+)=([^']*)'": (
            "{0}={1}: values with commas between them are a sweep, which needs -m; a list is {0}=[{1}]."
        ),
        r"Sweep parameters '([^']+)' requires": "{0}: several values are a sweep, which needs -m.",
        r"Multiple values for (\S+)\. ": "{0} is chosen already; leave the + out.",
        r"Additional config directory '([^']+)' not found": "--config-dir {0}: there is no such folder.",
    }
    for pattern, sentence in sentences.items():
        if found := re.search(pattern, text):
            return sentence.format(*found.groups())
    return None


def _unreadable(override: str) -> str:
    key, sign, value = override.partition("=")
    if not sign:
        return f"{override}: expected key=value; see --help."
    if not _KEY.fullmatch(key) or value.startswith("="):
        return f"{override}: expected key=value, as engine.iterations=5 is written, without spaces; see --help."
    if value.startswith(",") or value.endswith(","):
        return f"{override}: there is a comma too many; values of a sweep are {key}=a,b, and a list is {key}=[a,b]."
    quote = '"' if "'" in value else "'"
    return (
        f"{override}: a value with spaces, brackets, commas, colons or quotes needs quotes that the shell leaves: "
        f"{_in_shell(f'{key}={quote}{value}{quote}')}"
    )


def _in_shell(argument: str) -> str:
    return (
        f"'{argument}'"
        if '"' in argument and "'" not in argument
        else f'"{argument.replace(chr(34), chr(92) + chr(34))}"'
    )


def _no_name(overrides: Sequence[str]) -> str:
    """The choice of an option is no word: ``+losses=3``."""
    for override in overrides:
        key, _, value = override.lstrip("+~").partition("=")
        group = key.partition("@")[0]
        if (known := options.names(group)) and value == "null":
            return f"{override}: what is chosen is removed by ~{key}; the options are {', '.join(known)}."
        if known and value not in known:
            return f"{override}: expected the name of an option, one of {', '.join(known)}."
    return "an option is chosen by its name: <group>=<name>."


def _below_nothing(known: Sequence[str], overrides: Sequence[str]) -> str:
    """A key below one that is null: ``machine.slurm.time=60`` without ``machine=slurm``."""
    keys = [override.lstrip("+").partition("=")[0] for override in overrides]
    key = next((key for key in keys if key not in known and key.rpartition(".")[0] in known), "a key")
    return f"{key}: {key.rpartition('.')[0]} is null, and nothing can be set below it; choose an option that has it."


def _no_option(missing: str, text: str, overrides: Sequence[str]) -> str:
    """There is no option of a group: ``experiments/quickstrat``."""
    for override in overrides:
        key, _, value = override.lstrip("+").partition("=")
        group = key.partition("@")[0]
        if value and f"{group}/{value}" == missing:
            return f"{override}: {_near_option(group, value)}"
    group, _, name = missing.rpartition("/")
    if not group:
        return f"{missing}: there is no such configuration."
    where = found[1] if (found := re.search(r"In '([^']+)'", text)) else "configuration"
    return f"{where}: {missing}: {_near_option(group, name)}"


def _near_option(group: str, name: str) -> str:
    known = options.names(group)
    if not known:
        return f"there is no group {group}."
    last = {option: option.rpartition("/")[2] for option in known}
    wanted = name.rpartition("/")[2]
    near = difflib.get_close_matches(name, known, n=1) if "/" in name else []
    near = near or [option for option in known if last[option] in difflib.get_close_matches(wanted, last.values(), n=1)]
    there = f"there are {', '.join(known)}."
    return "there is none of that name; " + (f"did you mean {' or '.join(near)}? T{there[1:]}" if near else there)


def _no_key(key: str, command: str, overrides: Sequence[str]) -> str:
    if whole := _below_null(key, command, overrides):
        return whole
    group, at, _ = key.partition("@")
    adds = f" One more is added by +{key}=<option>." if at and options.names(group) else ""
    return (
        f"{key}: there is no such {'choice' if at else 'key'}; {_near_key(key, known_keys(command, overrides))}{adds}"
    )


def _below_null(key: str, command: str, overrides: Sequence[str]) -> str | None:
    """What is told of a key below an argument of a class that is null: a mapping that can be given as a whole."""
    above, _, name = key.rpartition(".")
    if "." not in above or expected_at(ROOTS[command], above):
        return None
    config = _composed(command, overrides)
    if above not in _keys(config) or OmegaConf.select(config, above) is not None:
        return None
    value = next(value for given, _, value in (item.partition("=") for item in overrides) if given == key)
    return f"{key}: {above} is null, and nothing can be set below it; give it whole: '{above}={{{name}: {value}}}'"


def _nothing_to_remove(key: str, command: str, overrides: Sequence[str]) -> str:
    if key in known_keys(command, overrides):
        return f"~{key}: it has no value that could be removed; leave it out."
    return f"~{key}: there is no such key; leave it out."


def _near_key(key: str, known: Sequence[str]) -> str:
    """The known keys that may be meant: with the same last part or written alike, first of all below the same key."""
    above, wanted = key.rpartition(".")[0], re.split(r"[.@]", key)[-1]
    last = {name: re.split(r"[.@]", name)[-1] for name in known}
    beside = [name for name in known if name.rpartition(".")[0] == above]
    same = [name for name in known if last[name] == wanted]
    near = [name for name in known if "@" in name and name.partition("@")[0] == key]
    near = near or [name for name in beside if (above or not same) and last[name] in _alike(wanted, beside, last)]
    near = near or difflib.get_close_matches(key, same, n=1, cutoff=0.8) or same
    near = near or [name for name in known if last[name] in _alike(wanted, known, last)]
    if near:
        return f"did you mean {' or '.join(near[:3])}?"
    return f"there are {', '.join(dict.fromkeys(name.partition('.')[0] for name in known if '@' not in name))}."


def _alike(word: str, names: Iterable[str], last: Mapping[str, str]) -> list[str]:
    return difflib.get_close_matches(word, {last[name] for name in names}, n=1, cutoff=ALIKE)


def known_keys(command: str, overrides: Sequence[str] = ()) -> list[str]:
    """All keys of a command's configuration, and its choices of options: ``degradations@degradation``."""
    config = _composed(command, overrides)
    choices = [str(choice) for choice in config.hydra.runtime.choices if not str(choice).startswith("hydra/")]
    return [*choices, *(key for key in _keys(config) if not key.startswith("hydra"))]


def _composed(command: str, overrides: Sequence[str]) -> DictConfig:
    """A command's configuration under those overrides that choose options."""
    register()
    with beside_running_hydra(), initialize_config_dir(str(CONF), version_base="1.3"):
        try:
            return compose(command, [item for item in overrides if _chooses(item)], return_hydra_config=True)
        except (HydraException, OmegaConfBaseException):
            return compose(command, return_hydra_config=True)


@contextmanager
def beside_running_hydra() -> Iterator[None]:
    """Inside, Hydra can be begun anew, though a sweep of it is under way."""
    hydra, running = GlobalHydra.instance(), GlobalHydra.instance().hydra
    hydra.clear()
    try:
        yield
    finally:
        hydra.hydra = running


def _chooses(override: str) -> bool:
    """Whether an override chooses an option, as ``experiments=`` and ``+losses@losses.extra=`` do."""
    key, _, value = override.lstrip("+").partition("=")
    return value in options.names(key.partition("@")[0])


def _keys(config: DictConfig, prefix: str = "") -> Iterator[str]:
    for name in config:
        key = f"{prefix}{name!s}"
        yield key
        if not OmegaConf.is_missing(config, name) and not OmegaConf.is_interpolation(config, str(name)):
            node = config[name]
            yield from _keys(node, f"{key}.") if isinstance(node, DictConfig) else ()


def _wrong_value(key: str, value: str, cause: BaseException | None, command: str, overrides: Sequence[str]) -> str:
    if key.startswith("~"):
        return f"{key}: it is needed and cannot be removed; leave {key} out."
    key = key.lstrip("+")
    group, _, rest = key.partition(".")
    there = dict.fromkeys(
        known.split(".")[1] for known in known_keys(command, overrides) if known.startswith(f"{group}.")
    )
    name = rest.partition(".")[0]
    if "is not a subclass" in str(cause) and name and name not in there:
        return (
            f"{key}={value}: there is no {group}.{name}; {suggestion(name, there, group)} "
            f"One more is added by +{group}@{group}.{name}=<option>."
        )
    if expected := expected_at(ROOTS[command], key):
        return f"{key}={value}: expected {expected}."
    return f"{key}={value}: {_line(str(cause))}."


def _wrong_in_file(file: str, text: str, command: str) -> str:
    found = _FULL_KEY.search(text)
    key = found[1] if found else ""
    expected = expected_at(ROOTS[command], key)
    group = file.partition("/")[0]
    if "is not a subclass" in text and key.partition(".")[0] == group:
        return f"{file}: one more of {group} is added by +{group}@{group}.<name>=<option>."
    if re.match(r"Key '.*' (is )?not in", text):
        return f"{file}: {key}: there is no such key; {_near_key(key, known_keys(command))}"
    return f"{file}: {key}: {_line(text)}" + (f"; expected {expected}." if expected else ".")


def _line(text: str) -> str:
    """The first line of a message, without its full stop."""
    return text.strip().partition("\n")[0].rstrip(".")
