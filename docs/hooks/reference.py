"""Writes the pages about commands, keys and options from what the program itself reads: ``conf/`` and the dataclasses.

Nothing here names a task, a group or an option, so what is added to ``conf/`` is on the site with the next build.
"""

import importlib
import io
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_type_hints

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from vidgan.config import options
from vidgan.config.command_schemas import ROOTS
from vidgan.config.option_help import documented, options_told
from vidgan.config.registration import register
from vidgan.config.schema_check import bare, expected, item_type, shown
from vidgan.config.task_parts import known_tasks, options_of

ROOT = Path(__file__).parents[2]
_FOLDER = "reference"


@cache
def _pages() -> dict[str, str]:
    """The text of every page by its name in ``reference/``."""
    register()
    pages = {"commands": _commands(), "configuration": _configuration()}
    pages |= {"python/metrics": _modules("metrics", "*.py"), "python/tasks": _modules("tasks", "*/use.py")}
    written = set(re.findall(r"^::: (\S+)", "".join(pages.values()), re.MULTILINE))
    for group in options.groups():
        if group.partition("/")[0] not in ("experiments", "hydra"):
            pages[f"options/{group}"] = _group(group, written)
    return pages


def on_config(config: MkDocsConfig) -> None:
    (reference,) = (part["Reference"] for part in config.nav if "Reference" in part)
    groups = [{name.partition("/")[2]: f"{_FOLDER}/{name}.md"} for name in _pages() if name.startswith("options/")]
    reference[1:1] = [
        {"Commands": f"{_FOLDER}/commands.md"},
        {"Every key": f"{_FOLDER}/configuration.md"},
        {"Options by group": groups},
        {"Metrics": f"{_FOLDER}/python/metrics.md"},
        {"Uses, one function a task": f"{_FOLDER}/python/tasks.md"},
    ]


def on_files(files: Files, config: MkDocsConfig) -> None:
    for name, text in _pages().items():
        files.append(File.generated(config, f"{_FOLDER}/{name}.md", content=text))


def _commands() -> str:
    """What each command prints when it is asked for help."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    lines = ["# Commands", "", "What each of them prints with `--help`.", ""]
    for name, target in scripts.items():
        module, _, function = target.partition(":")
        told = _printed(getattr(importlib.import_module(module), function), name, "--help")
        lines += [f"## `{name}`", "", "```text", told.rstrip(), "```", ""]
    lines += [
        "## What a task's use asks for",
        "",
        "What `vidgan-predict run=<id> --help` prints, by the task of the run.",
        "",
    ]
    for name, target in known_tasks():
        lines += [f"### {_title(name)}", "", "```text", options_told(options_of(target)), "```", ""]
    return "\n".join(lines)


def _printed(main: Callable[[], None], *arguments: str) -> str:
    before, sys.argv = sys.argv, list(arguments)
    try:
        with redirect_stdout(io.StringIO()) as out, suppress(SystemExit):
            main()
    finally:
        sys.argv = before
    return out.getvalue()


def _configuration() -> str:
    """The keys of every command, as their dataclasses declare them."""
    study = importlib.import_module("hydra_plugins.vidgan.study").StudyConfig
    lines = ["# Every key", "", "What may stand where, and what it is by default. `null` is no value.", ""]
    told: set[type] = set()
    for name, root in ROOTS.items():
        command = "vidgan-data" if name == "data_sets" else f"vidgan-{name}"
        lines += [f"## `{command}`", "", *_table(root), ""]
        for key, schema in _inner(root):
            if schema not in told:
                told.add(schema)
                lines += [f"### `{key}`", "", _about(schema), "", *_table(schema, f"{key}."), ""]
    lines += ["## `vidgan-train -m hydra/sweeper=study`", "", *_table(study, "hydra.sweeper."), ""]
    return "\n".join(lines)


def _inner(schema: type, above: str = "") -> Iterator[tuple[str, type]]:
    """The keys below which a dataclass says what may stand, and that dataclass."""
    for name, hint in get_type_hints(schema).items():
        many = item_type(hint)
        kind = many or bare(hint)
        if isinstance(kind, type) and is_dataclass(kind):
            key = f"{above}{name}.<name>" if many else f"{above}{name}"
            yield key, kind
            yield from _inner(kind, f"{key}.")


def _table(schema: type, above: str = "") -> list[str]:
    told, hints = documented(schema), get_type_hints(schema)
    rows = ["| key | what it may be | default | |", "|---|---|---|---|"]
    for part in fields(schema):
        group = part.metadata.get("group")
        kind = f"an option of `{group.partition('@')[0].partition('/')[0]}`" if group else _kind(hints[part.name], part)
        default = "" if part.default in (MISSING, "???") else f"`{shown(getattr(part.default, 'name', part.default))}`"
        text = told.get(part.name, "").replace("|", "\\|")
        if not part.name.startswith("_"):
            rows.append(f"| `{above}{part.name}` | {kind} | {default} | {text} |")
    return rows


def _kind(hint: Any, part: Any) -> str:
    if "component" in part.metadata or (hint is Any and "rule" not in part.metadata):
        return ""
    return expected(hint, part).replace("|", "\\|")


def _about(schema: type) -> str:
    return cleandoc(schema.__doc__ or "").partition("\nAttributes:")[0].replace("``", "`")


def _group(group: str, written: set[str]) -> str:
    """The options of a group: their files, and the classes that they name, each class on one page of the site."""
    lines, classes = [f"# {group}", ""], []
    for name in options.groups()[group]:
        path = options.find(group, name)
        assert path is not None
        text = path.read_text()
        targets = _targets(yaml.safe_load(text))
        classes += [target for target in targets if not any(f"{target}.".startswith(f"{name}.") for name in written)]
        written.update(targets)
        links = ", ".join(f"[`{target.rpartition('.')[2]}`][{target}]" for target in targets)
        lines += [f"## `{name}`", "", f"Classes: {links}" if links else "", "", "```yaml", text.rstrip(), "```", ""]
    if classes:
        lines += ["## Classes", "", *(f"::: {name}\n" for name in classes)]
    return "\n".join(lines)


def _targets(node: Any) -> list[str]:
    """The classes of vidgan that a configuration names, once each, in its order."""
    if isinstance(node, dict):
        own = [node["_target_"]] if str(node.get("_target_", "")).startswith("vidgan.") else []
        return list(dict.fromkeys(own + [name for value in node.values() for name in _targets(value)]))
    return list(dict.fromkeys(name for value in node for name in _targets(value))) if isinstance(node, list) else []


def _modules(package: str, pattern: str) -> str:
    """Whatever modules of a package have."""
    home = ROOT / "src/vidgan" / package
    names = sorted(".".join(path.relative_to(home).with_suffix("").parts) for path in home.glob(pattern))
    blocks = (f"::: vidgan.{package}.{name}\n" for name in names if name != "__init__")
    return "\n".join([f"# {_title(package)}", "", *blocks])


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
