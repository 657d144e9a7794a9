"""Imports run one way, and heavy ones wait."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import vidgan

PACKAGE = Path(vidgan.__file__).parent
LAYERS = [
    {"atomic", "errors", "interruption", "parsing", "randomness", "weights"},
    {"data", "degradations", "discriminators", "generators", "losses", "metrics", "pose", "video"},
    {"engine"},
    {"tasks"},
    {"experiment"},
    {"comparison", "launch"},
    {"train", "evaluate", "predict", "export", "compare", "runs", "data_sets", "extract_pose"},
]
FRAMEWORKS = {"pytorch_lightning", "lightning", "hydra", "omegaconf", "wandb", "torchvision"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(name: str) -> int:
    return next(index for index, parts in enumerate(LAYERS) if name in parts)


SOURCES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_imports_run_one_way(source: Path) -> None:
    own = layer(source.parts[0].removesuffix(".py"))
    names = imported(PACKAGE / source)
    for name in names:
        if name.startswith("vidgan."):
            assert layer(name.split(".")[1]) <= own, f"{source} imports {name}"
    frameworks = {name.split(".")[0] for name in names} & FRAMEWORKS
    if own <= 1:
        assert frameworks <= ({"pytorch_lightning"} if source.name == "datamodule.py" else set())
    if own <= 3:
        assert frameworks <= {"pytorch_lightning"}
    assert "torchvision" not in frameworks


@pytest.mark.parametrize(
    "command", ["train", "evaluate", "predict", "export", "compare", "runs", "data_sets", "extract_pose"]
)
def test_heavy_imports_wait(command: str) -> None:
    heavy = {"torch", "pytorch_lightning", "wandb", "kornia"}
    code = f"import sys, vidgan.{command}; print(*{heavy} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""
