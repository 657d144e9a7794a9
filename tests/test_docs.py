"""What documents tell people to type is what the programs take: commands are composed and checked, and run nothing.

A block that names a file in its first line, as ``# conf/losses/edges.yaml``, is that file for the commands of its page.
"""

import ast
import importlib
import inspect
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import DictConfig

from vidgan.app import server
from vidgan.comparison import command as comparison
from vidgan.config.lint import lint
from vidgan.config.paths import EXPERIMENTS, ROOT
from vidgan.config.task_parts import known_tasks
from vidgan.experiment import (
    data_inspection,
    evaluation,
    exporting,
    networks,
    pose_extraction,
    prediction,
    training,
    zoo,
)
from vidgan.experiment.build import check
from vidgan.launch import control, study, sweep
from vidgan.record.folder import FINISHED, find_trained, write_json

DOCUMENTS = sorted(
    path
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "experiments/*.md", "experiments/*/README.md")
    for path in ROOT.glob(pattern)
)
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_FILE = re.compile(r"(?:# @package _global_\n)?# ([\w/]+\.(?:yaml|py))\n")
#: Programs of others, of which nothing is checked.
_OTHERS = ("git", "source", "cd", "python")
#: Trainings that were taken already; composing one takes a third of a second, and pages repeat some.
_taken: set[str] = set()

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="documents are in the checkout alone")


def _blocks(path: Path, *kinds: str) -> Iterator[str]:
    for indent, kind, text in _BLOCK.findall(path.read_text()):
        if kind in kinds:
            yield re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def _commands(path: Path) -> list[list[str]]:
    """The words of each command line of a document."""
    lines = "\n".join(_blocks(path, "bash")).replace("\\\n", " ").splitlines()
    return [words for line in lines for part in line.split(" && ") if (words := shlex.split(part, comments=True))]


def _named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _runs_of(document: Path, shown: Path) -> Iterator[tuple[str, str, str]]:
    """Task, name and the task's target of a run of each experiment; of those with one name the page's own.

    Args:
        document: the page.
        shown: folder of the files that it shows, experiments of a task of one's own among them.
    """
    targets, text = dict(known_tasks()), "".join(_blocks(document, "bash"))
    about = document.parent.name if document.parent.name in targets else "super_resolution"
    for path in sorted(EXPERIMENTS.glob("*/*.yaml")):
        task, name = path.parent.name, yaml.safe_load(path.read_text())["name"]
        if name != "quickstart" or task == about or f"run={task}/{name}" in text:
            yield task, name, targets[task]
    for task, name in re.findall(r"experiments=(\w+)/\w+[^\n]* name=(\w+)", text):
        yield task, name, targets[task]
    for path in shown.glob("*/experiments/*/*.yaml"):
        for own in path.parents[2].glob("tasks/*.yaml"):
            yield (
                own.stem,
                yaml.safe_load(path.read_text())["name"],
                yaml.safe_load(own.read_text())["task"]["_target_"],
            )


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """``page(path)``: an empty folder with finished runs of experiments, and the files that a document shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "mylab")
    for name in [name for name in sys.modules if name.partition(".")[0] == "mylab"]:
        monkeypatch.delitem(sys.modules, name)

    def make(document: Path) -> None:
        for text in _blocks(document, "yaml", "python"):
            if found := _FILE.match(text):
                path = tmp_path / found[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        for number, (task, name, target) in enumerate(_runs_of(document, tmp_path)):
            for own in (name, f"{name}-my_videos", f"{name}-me"):  # and those on data of one's own
                folder = tmp_path / f"runs/{task}/{own}-{number:08x}"
                folder.mkdir(parents=True)
                networks = {"generator": {"_target_": "vidgan.generators.base.Generator"}}
                config = {"task": {"_target_": target}, "engine": {}, "networks": networks}
                (folder / "config.yaml").write_text(yaml.safe_dump(config))
                write_json(folder / "summary.json", {"id": folder.name, "name": own, "state": FINISHED, "iteration": 1})

    return make


def _checked(point: sweep.Point) -> int:
    assert point.config is not None, point.error
    check(point.config)
    return 0


def _ends_checked(points: list[Callable[[], sweep.Point] | sweep.Point]) -> int:
    """A sweep's first and last point; composing all takes long."""
    for point in (points[0], points[-1]):
        _checked(point if isinstance(point, sweep.Point) else point())
    return 0


def _checked_evaluation(config: DictConfig) -> None:
    if config.run is not None:
        find_trained(Path("runs"), config.run)
    if config.protocol is not None:
        evaluation.protocol_config(config.protocol)
    if config.data is not None:
        lint(config, {"data": ("loading",)})


def _task_of(weights: str) -> str:
    return dict(known_tasks())["frame_interpolation" if "rife" in str(weights) else "super_resolution"]


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command would do with its configuration is to check it."""
    stand_ins: dict[tuple[Any, str], Any] = {
        (training, "train"): check,
        (sweep, "launch"): _ends_checked,
        (sweep.Point, "compose"): partial(partial, sweep.Point.compose),
        (sweep, "submit"): _checked,
        (study.StudySweep, "run"): lambda self: 0,
        (evaluation, "evaluate"): _checked_evaluation,
        (server, "serve"): lambda config: lint(config, {}),
        (exporting, "export"): lambda config: config.run and find_trained(Path("runs"), config.run),
        (pose_extraction, "extract"): lambda config: lint(config, {"smoother": ("generator",)}),
        (data_inspection, "check"): lambda config: not lint(config, {"data": ("loading",)}),
        (data_inspection, "index"): lambda config: lint(config, {"data": ("loading",)}),
        (comparison, "run"): lambda arguments, runs: comparison._parsed(arguments),
        (networks, "task_of_weights"): _task_of,
        (zoo, "located"): lambda weights, cache: weights,
        (prediction, "_loaded"): lambda *given: None,
        (prediction, "build"): lambda *given: object(),
        (prediction, "use_of"): lambda task: lambda trained, options: options.output,
        **{(control, name): lambda *given: True for name in ("show", "upload", "logs", "cancel", "requeue")},
    }
    for (place, name), stand_in in stand_ins.items():
        monkeypatch.setattr(place, name, stand_in)


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if _commands(path)], ids=_named)
def test_commands_are_taken(
    document: Path,
    page: Callable[[Path], None],
    nothing_runs: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page(document)
    for words in _commands(document):
        line = shlex.join(words)
        if line not in _taken:
            error = _refusal(words, monkeypatch, capsys)
            assert not error, f"{line}\n{error}"
        if words[0] == "vidgan-train" and "--config-dir" not in words:
            _taken.add(line)


def _refusal(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str | None:
    """What a command would end with; None where it is taken."""
    program, *arguments = words
    if program == "torchrun":
        program, arguments = "vidgan-train", arguments[arguments.index("vidgan.commands.train") + 1 :]
    program = program.removeprefix(".venv/bin/")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    if program == "make":
        return None if f"\n{arguments[0]}:" in (ROOT / "Makefile").read_text() else "there is no such target"
    if program == "pip":
        asked = re.findall(r"\[([\w,]+)\]", " ".join(arguments))
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        return None if {name for names in asked for name in names.split(",")} <= set(extras) else "no such extra"
    if program == "export":
        return None if re.fullmatch(r"VIDGAN_\w+=\w+", arguments[0]) else "it is nothing that vidgan reads"
    if program not in scripts:
        return None if program in _OTHERS else "there is no such command"
    monkeypatch.setattr(sys, "argv", [program, *arguments])
    module, _, function = scripts[program].partition(":")
    try:
        getattr(importlib.import_module(module), function)()
    except SystemExit as end:
        return capsys.readouterr().err if end.code else None
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_code_parses_and_names_what_there_is(document: Path, page: Callable[[Path], None]) -> None:
    page(document)
    for text in _blocks(document, "yaml"):
        assert isinstance(yaml.safe_load(text), dict)
    for text in _blocks(document, "python"):
        if found := _FILE.match(text):
            importlib.import_module(found[1].removesuffix(".py").replace("/", "."))
            continue
        code, names = ast.parse(text), {}
        imports = [node for node in code.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        exec(compile(ast.Module(imports, []), _named(document), "exec"), names)  # noqa: S102 - our own documents
        for call in [node for node in ast.walk(code) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]:
            if inspect.isfunction(function := names.get(call.func.id)):
                given = {keyword.arg: None for keyword in call.keywords if keyword.arg}
                inspect.signature(function).bind_partial(*call.args, **given)


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_links_lead_to_files(document: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", document.read_text(), flags=re.DOTALL)
    for target in _LINK.findall(text):
        path = target.partition("#")[0]
        if path and not re.match(r"[a-z]+:", target):
            assert os.path.lexists(document.parent / path), f"{target}: there is no such file"


def test_the_first_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
