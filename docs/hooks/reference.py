"""Writes the pages about commands, keys and options from what the program itself reads: ``conf/`` and the dataclasses.

Nothing here names a task, a group or an option, so what is added to ``conf/`` is on the site with the next build.
"""

import ast
import importlib
import io
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import MISSING, Field, fields, is_dataclass
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
from vidgan.limits import MOST

ROOT = Path(__file__).parents[2]
_FOLDER = "reference"
_ANY_NUMBER = re.compile(rf" from ([\d,]+) to {MOST:,}")


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
        default = "" if part.default in (MISSING, "???") else f"`{shown(getattr(part.default, 'name', part.default))}`"
        cells = (f"`{above}{part.name}`", _kind(hints[part.name], part), default, told.get(part.name, ""))
        if not part.name.startswith("_"):
            rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return rows


def _kind(hint: Any, part: "Field[Any]") -> str:
    """What a field may be, in words."""
    if part.metadata.get("group"):
        return f"an option of `{_group_of(part)}`"
    if "component" in part.metadata or (hint is Any and "rule" not in part.metadata):
        return ""
    if is_dataclass(bare(hint)) or is_dataclass(item_type(hint)):
        return "see below"
    return _ANY_NUMBER.sub(r", \1 or more", expected(hint, part)).removesuffix(",")


def _group_of(part: "Field[Any]") -> str:
    return str(part.metadata["group"]).partition("@")[0]


def _about(schema: type) -> str:
    return cleandoc(schema.__doc__ or "").partition("\nAttributes:")[0].replace("``", "`")


def _group(group: str, written: set[str]) -> str:
    """The options of a group: what each is, their files, and the classes they name, each class on one page."""
    table = ["| option | |", "|---|---|"]
    files: list[str] = []
    classes: list[str] = []
    for name in options.groups()[group]:
        path = options.find(group, name)
        assert path is not None
        text = path.read_text()
        targets = _targets(yaml.safe_load(text))
        classes += [target for target in targets if not any(f"{target}.".startswith(f"{known}.") for known in written)]
        written.update(targets)
        links = ", ".join(f"[`{target.rpartition('.')[2]}`][{target}]" for target in targets)
        table.append(f"| [`{name}`](#{name}) | {_first_sentence(text, targets)} |")
        files += [f"## `{name}` {{#{name}}}", "", f"Classes: {links}" if links else ""]
        files += ["", "```yaml", text.rstrip(), "```", ""]
    lines = [f"# {group}", "", f"Chosen by {_chosen_by(group)}.", "", *table, "", *files]
    if classes:
        lines += ["## Classes", "", *(f"::: {name}\n" for name in classes)]
    return "\n".join(lines)


def _chosen_by(group: str) -> str:
    """How an option is put into its place on a command line."""
    places: set[str] = set()
    for root in ROOTS.values():
        for key, kind in (("", root), *_inner(root)):
            if key.endswith(f"{group}.<name>"):
                places.add(f"{group}@{key}")
            for part in fields(kind):
                if part.metadata.get("group") and _group_of(part) == group:
                    places.add(str(part.metadata["group"]).format(name="<name>"))
                elif part.metadata.get("component") and f"{part.name}s" == group:
                    places.add(f"{group}@{key}.{part.name}")
                elif part.name == group and is_dataclass(bare(get_type_hints(kind)[part.name])):
                    places.add(group)
    shipped = (path.read_text() for folder in ("conf", "experiments") for path in (ROOT / folder).rglob("*.yaml"))
    used = {place for text in shipped for place in re.findall(rf"\b{group}@[\w.]+(?=:)", text)}
    return " or ".join(f"`{place}=<option>`" for place in sorted(places or used or {f"{group}@<key>"})[:3])


def _first_sentence(text: str, targets: list[str]) -> str:
    """What an option is: whom it follows, or what its file says in its first lines, else its class."""
    comment = re.match(r"(?:# (?!@).*\n)+", text.removeprefix("# @package _global_\n"))
    if follows := re.search(r"^follows: (.+)", text, re.MULTILINE):
        said = follows[1]
    elif comment:
        said = " ".join(line.removeprefix("# ") for line in comment[0].splitlines())
    elif targets:
        said = _docstring(targets[0])
    else:
        return ""
    first = re.split(r"(?<=[^.A-Z]\.)(?<! al\.)(?<! eq\.) |\n\n", said)[0]
    return first.replace("\n", " ").replace("``", "`").replace("|", "\\|").replace("<", "&lt;")


@cache
def _docstring(target: str) -> str:
    """Of a class, read from its file."""
    module, _, name = target.rpartition(".")
    found = ast.parse((ROOT / "src" / f"{module.replace('.', '/')}.py").read_text())
    kinds = [node for node in found.body if isinstance(node, ast.ClassDef) and node.name == name]
    return (ast.get_docstring(kinds[0]) if kinds else None) or ""


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
