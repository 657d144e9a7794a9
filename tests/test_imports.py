"""Imports run one way, heavy ones wait, and all that is imported is declared."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import vidgan

PACKAGE = Path(vidgan.__file__).parent
LAYERS = [
    {"atomic", "console", "errors", "interruption", "limits", "namespace", "parsing", "randomness"}
    | {"streams", "weights"},
    {"ops", "video", "degradations", "losses", "backbones", "generators", "discriminators", "metrics", "protocols"}
    | {"baselines", "masks", "pose", "data", "schedules"},
    {"engine", "inference"},
    {"tasks"},
    {"config", "record", "tracking"},
    {"experiment"},
    {"launch", "comparison"},
    {"app"},
    {"commands"},
]
FRAMEWORKS = {"pytorch_lightning", "lightning", "hydra", "omegaconf", "wandb", "torchvision"}
#: Estimators of people that users install beside vidgan: their licences or their weight keep them out of the extras.
ADAPTED = {"rtmlib", "ultralytics"}
#: What the extra app brings: no part of the environment that tests run in, see constraints-app.txt.
APART = {"gradio", "fastapi", "starlette", "uvicorn"}
COMMANDS = sorted(path.stem for path in (PACKAGE / "commands").glob("[a-z]*.py"))
SOURCES = {
    path.relative_to(PACKAGE): ast.parse(path.read_text())
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py"
}


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names - {"vidgan.__version__"}  # of no part


def part(name: str) -> str:
    """The package, or the module beside the packages, of a dotted name in vidgan."""
    return name.split(".")[1]


def layer(name: str) -> int:
    return next(index for index, parts in enumerate(LAYERS) if name in parts)


def wrong(source: Path) -> Iterator[str]:
    """The imports of a file of the package that it may not have."""
    own, names = layer(source.parts[0].removesuffix(".py")), imported(SOURCES[source])
    for name in names:
        if name.startswith("vidgan.") and layer(part(name)) > own:
            yield name
    allowed = FRAMEWORKS - {"torchvision"}
    if own <= 3:
        allowed = {"pytorch_lightning"} if own > 1 or source.name == "datamodule.py" else set()
    yield from {name.split(".")[0] for name in names} & FRAMEWORKS - allowed


def test_imports_run_one_way() -> None:
    assert len(SOURCES) > 200
    assert {str(source): found for source in SOURCES if (found := list(wrong(source)))} == {}


def test_no_two_packages_import_each_other() -> None:
    """Nor do three or more in a circle."""
    uses = defaultdict(set)
    for source, tree in SOURCES.items():
        own = source.parts[0].removesuffix(".py")
        uses[own] |= {part(name) for name in imported(tree) if name.startswith("vidgan.")} - {own}
    done: set[str] = set()
    while free := {name for name in uses.keys() - done if not uses[name] - done}:
        done |= free
    assert uses.keys() - done == set(), "in a circle"


def test_no_two_classes_have_one_name() -> None:
    """But for the ``Options`` of tasks, which their folders tell apart."""
    places = defaultdict(list)
    for source, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(source))
    assert all(Path(place).match("tasks/*/options.py") for place in places.pop("Options"))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def words(tree: ast.Module) -> Iterator[str]:
    """What code of a file says: names, imports and texts; not its docstrings, comments and what it defines."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    told = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _documents(node)}
    yield from imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value
        elif isinstance(node, (ast.Name, ast.Attribute, ast.keyword)):
            yield str(_name(node))


def _documents(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)


def _name(node: ast.Name | ast.Attribute | ast.keyword) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else node.arg


def test_common_code_knows_no_task_by_name() -> None:
    """Networks, data sets and metrics have names of their field, which may be a task's: they define them themselves."""
    tasks = {path.parent.name for path in (PACKAGE / "tasks").glob("*/task.py")}
    classes = {"".join(map(str.capitalize, name.split("_"))) for name in tasks}
    known = re.compile(rf"\b({'|'.join(sorted(tasks | classes))})\b")
    common = [source for source in SOURCES if not (source.parts[0] == "tasks" and source.parts[1] in tasks)]
    assert len(tasks) >= 5
    assert {
        str(source): found for source in common if (found := list(filter(known.search, words(SOURCES[source]))))
    } == {}


def test_heavy_imports_wait() -> None:
    """All commands in one process: what none imports, all do not."""
    heavy = {"torch", "pytorch_lightning", "wandb", "kornia"}
    names = ", ".join(f"vidgan.commands.{name}" for name in COMMANDS)
    code = f"import sys, {names}; print(*{heavy} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""


def test_all_that_is_imported_is_declared() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    wanted = [name for part in (project["dependencies"], *project["optional-dependencies"].values()) for name in part]
    declared = {normal(re.split(r"[<>=\[]", requirement)[0]) for requirement in wanted}
    names = {name.split(".")[0] for tree in SOURCES.values() for name in imported(tree)}
    others = names - sys.stdlib_module_names - ADAPTED - APART - {"vidgan"}
    owners = packages_distributions()
    assert others <= owners.keys()
    assert {name: owners[name] for name in others if not declared & {normal(owner) for owner in owners[name]}} == {}


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
