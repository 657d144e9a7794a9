"""Imports run one way, and heavy ones wait."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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


def wrong(source: Path) -> Iterator[str]:
    """The imports of a file of the package that it may not have."""
    own, names = layer(source.parts[0].removesuffix(".py")), imported(PACKAGE / source)
    for name in names:
        if name.startswith("vidgan.") and layer(name.split(".")[1]) > own:
            yield name
    allowed = FRAMEWORKS - {"torchvision"}
    if own <= 3:
        allowed = {"pytorch_lightning"} if own > 1 or source.name == "datamodule.py" else set()
    yield from {name.split(".")[0] for name in names} & FRAMEWORKS - allowed


def test_imports_run_one_way() -> None:
    sources = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    assert len(sources) > 200
    assert {str(source): found for source in sources if (found := list(wrong(source)))} == {}


def test_heavy_imports_wait() -> None:
    """All commands in one process: what none imports, all do not."""
    heavy = {"torch", "pytorch_lightning", "wandb", "kornia"}
    code = f"import sys, vidgan.{', vidgan.'.join(sorted(LAYERS[-1]))}; print(*{heavy} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""
