"""What a task's use asks for is found beside the task, here or in a package of one's own, and printed as help."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from vidgan.config.option_help import documented, options_told, tasks_told
from vidgan.config.task_parts import claiming, known_tasks, options_of, use_of
from vidgan.errors import UserError
from vidgan.experiment.subject import SUFFIXES
from vidgan.generators.recognition import networks
from vidgan.inference import clips
from vidgan.inference.options import ClipOptions
from vidgan.weights import PICKLED

TASKS = dict(known_tasks())
OWN = """
from dataclasses import dataclass
from vidgan.inference.options import UseOptions
from vidgan.limits import REQUIRED, whole
from vidgan.tasks.denoising.task import Denoising

@dataclass
class Options(UseOptions):
    '''Colors a film.

    Attributes:
        film: a grey one.
        depth: how
            deep.
    '''

    film: str = REQUIRED
    depth: int = whole(1, 3)

def use(trained, options):
    return options.film

class Coloring: ...
class Cleaning(Denoising): ...
"""


def test_every_shipped_task_has_options_without_torch_and_a_use() -> None:
    for target in TASKS.values():
        package = target.rpartition(".")[0].rpartition(".")[0]
        assert options_of(target).__module__ == f"{package}.options"
        assert use_of(target).__module__ == f"{package}.use"
    names = ", ".join(f"{target.rpartition('.')[0].rpartition('.')[0]}.options" for target in TASKS.values())
    code = f"import sys, {names}; print(*{{'torch', 'pytorch_lightning', 'omegaconf', 'cv2'}} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


def test_every_option_is_documented() -> None:
    for target in TASKS.values():
        assert {part.name for part in fields(options_of(target))} == documented(options_of(target)).keys()


def test_a_task_of_ones_own_in_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "colors.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=r"task\._target_: 'colors\.Coloring' is not allowed"):
        options_of("colors.Coloring")
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "colors")
    asked = options_of("colors.Coloring")
    assert documented(asked) == {"film": "a grey one", "depth": "how deep"}
    assert use_of("colors.Coloring")(None, asked(film="a")) == "a"
    told = options_told(asked)
    assert "Colors a film." in told
    assert "film=..." in told
    assert "depth=3" in told
    with pytest.raises(UserError, match="film is not set"):
        asked()
    with pytest.raises(UserError, match="depth=0: expected a whole number"):
        asked(film="a", depth=0)


def test_what_a_task_has_not_is_that_of_the_task_that_it_extends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cleaner.py").write_text(OWN.partition("@dataclass")[0] + "class Cleaning(Denoising): ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "cleaner")
    assert options_of("cleaner.Cleaning") is options_of(TASKS["denoising"])
    assert use_of("cleaner.Cleaning") is use_of(TASKS["denoising"])
    (tmp_path / "plain.py").write_text("class Task: ...\n")
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "plain")
    assert options_of("plain.Task") is ClipOptions
    assert use_of("plain.Task") is clips.use


def test_every_published_network_is_of_one_task() -> None:
    for network in networks():
        assert claiming(f"{network.__module__}.{network.__qualname__}") in TASKS.values()
    assert claiming("lab.network.Brightener") is None


def test_the_help_names_every_task_and_what_it_needs() -> None:
    told = tasks_told()
    for name, target in TASKS.items():
        needed = " ".join(
            f"{part.name}=..."
            for part in fields(options_of(target))
            if part.default == "???" and part.metadata.get("option") is None
        )
        assert f"  {name}: {needed}\n" in told


def test_the_help_leaves_out_what_cannot_be_chosen() -> None:
    told = options_told(options_of(TASKS["pose_video"]))
    assert "smoother=median_gaussian of the movement: median_gaussian, none, one_euro, savitzky_golay" in told


def test_weights_are_told_by_the_same_suffixes() -> None:
    assert set(SUFFIXES) == {".safetensors", *PICKLED}
