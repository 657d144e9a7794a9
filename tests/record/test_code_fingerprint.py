"""Which code counts for a result, and what changes of it do."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from vidgan.config.instantiate import ALLOWED_VARIABLE
from vidgan.config.paths import ROOT
from vidgan.record.code_fingerprint import code_hashes, syntax_hash

SOURCE = '''
"""What it is for."""
import torch

class Net(torch.nn.Module):
    """A network."""
    rate: float = 1e-4
    def forward(self, x, *, scale=2, **rest):
        return f"{x:{scale}} {'é'}" if x else {**rest, "scale": scale}
'''
SAME = '''
import torch
class Net(torch.nn.Module):  # a comment
    rate: float = 0.0001
    """How fast."""
    def forward(
        self, x, *, scale=2, **rest
    ):
        """Another text."""
        pass
        return (f"{x:{scale}} " f"{'é'}" if x else {**rest, 'scale': scale})
'''


def hashed(source: str) -> str:
    return syntax_hash(ast.parse(source))


def test_the_hash_is_the_same_under_every_python_and_layout() -> None:
    # Computed once with Python 3.11; 3.12 added fields to the tree of a class, 3.13 leaves out empty ones.
    assert hashed(SOURCE) == hashed(SAME) == "bcf2709d89bfa256"


@pytest.mark.parametrize(
    ("old", "new"),
    [("1e-4", "2e-4"), ("scale=2", "scale=3"), (" {'é'}", "{'é'}"), ("**rest,", ""), ("rate", "Rate"), ("*, ", "")],
)
def test_what_says_something_else_has_another_hash(old: str, new: str) -> None:
    assert old in SOURCE
    assert hashed(SOURCE.replace(old, new)) != hashed(SOURCE)


def experiment(composed: Callable[..., DictConfig], *overrides: str) -> dict[str, Any]:
    return OmegaConf.to_container(composed(*overrides), resolve=True)


def test_what_computes_the_result_counts_and_nothing_else(composed: Callable[..., DictConfig]) -> None:
    modules = code_hashes(experiment(composed))
    assert {
        "vidgan.engine.adversarial",
        "vidgan.engine.optimization",
        "vidgan.tasks",
        "vidgan.tasks.super_resolution.task",
        "vidgan.generators.recurrent",
        "vidgan.ops.warp",
        "vidgan.losses.adversarial",
        "vidgan.metrics.psnr",
        "vidgan.data.augmentation",
        "vidgan.experiment.build",
    } <= modules.keys()
    assert all(module.startswith("vidgan") for module in modules)
    unrelated = ("commands", "comparison", "launch", "train", "generators.rrdbnet", "tasks.denoising", "data.persons")
    unrelated += ("experiment.lint", "experiment.tracking", "experiment.wandb_tracker", "experiment.schema")
    assert not [name for name in modules if name.startswith(tuple(f"vidgan.{part}" for part in unrelated))]


LAB = {
    "lab/__init__.py": "",
    "lab/networks/__init__.py": "from .net import Net",
    "lab/networks/net.py": "class Net:\n    def f(self):\n        from ..blocks import sums",
    "lab/blocks/__init__.py": "import labtools.numbers\nfrom lab import rates",
    "lab/blocks/sums.py": "",
    "lab/rates.py": "import lab.folder.numbers\nrate = 1",
    "lab/folder/numbers.py": "",
    "lab/unrelated.py": "",
    "labtools/numbers.py": "",
}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab's packages: one that is allowed as a target, and one beside it that it imports."""
    for name, content in LAB.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(ALLOWED_VARIABLE, "lab.networks")
    return tmp_path


def lab_modules() -> dict[str, str]:
    hashes = code_hashes({"networks": {"generator": {"_target_": "lab.networks.Net"}}})
    return {name: known for name, known in hashes.items() if not name.startswith("vidgan")}


def test_a_labs_own_modules_count_as_far_as_they_are_imported(lab: Path) -> None:
    before = lab_modules()
    assert set(before) == {
        *("lab", "lab.networks", "lab.networks.net", "lab.blocks", "lab.blocks.sums", "lab.rates", "labtools.numbers"),
        "lab.folder.numbers",  # of a folder without __init__.py
    }
    assert "lab.networks" not in sys.modules, "nothing is run"
    (lab / "lab/rates.py").write_text("import lab.folder.numbers\nrate = 2")
    (lab / "lab/blocks/sums.py").write_text("# a comment")
    (lab / "lab/unrelated.py").write_text("changed = True")
    after = lab_modules()
    assert [name for name in before if before[name] != after[name]] == ["lab.rates"]


def test_an_installed_package_counts_only_where_it_is_allowed(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = lab / "site-packages"
    shutil.move(lab / "lab", installed / "lab")
    shutil.move(lab / "labtools", installed / "labtools")
    monkeypatch.syspath_prepend(installed)
    assert {name.partition(".")[0] for name in lab_modules()} == {"lab"}


def test_a_wheel_has_the_code_of_its_checkout(composed: Callable[..., DictConfig], tmp_path: Path) -> None:
    given = experiment(composed)
    place = tmp_path / "lib" / "site-packages"
    shutil.copytree(ROOT / "src" / "vidgan", place / "vidgan", ignore=shutil.ignore_patterns("__pycache__"))
    for file in place.rglob("*.py"):
        os.utime(file, (1e9, 1e9))
    code = "import json, sys; from vidgan.record.code_fingerprint import *; " + (
        "import vidgan; print(json.dumps([vidgan.__file__, code_hashes(json.load(sys.stdin))]))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(given, default=str),
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=True,
    )
    file, hashes = json.loads(answer.stdout)
    assert file.startswith(str(place))
    assert hashes == code_hashes(given)
