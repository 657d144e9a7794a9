"""The installed wheel, from another folder and on any number of cores: what ships, and a lab's own package.

The lab's has a task, a network, a loss, a metric, a protocol and data.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.media import moving, write_video
from tests.preloaded import Server
from vidgan.video.reader import probe

ROOT = Path(__file__).parents[1]
OWN = ROOT / "tests/own_package"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
HERE = ["machine=cpu", "machine.workers=0", "tracking=disabled"]
#: Python imports it at its start; the number is the argument ``cores`` of ``fresh``.
PRETENDED = """
import os
os.cpu_count = lambda: int(os.environ["PRETENDED_CORES"])
os.sched_getaffinity = lambda process: set(range(os.cpu_count()))
"""
#: Two small iterations of the quickstart, with as many loader workers as the cores give.
TINY = [
    *("data.batch_size=1", "data.frames=2", "data.patch=32", "data.eval_frames=2", "data.eval_crop=32"),
    *("engine.iterations=2", "engine.log_every=1", "players.discriminator.start=0", "validation.every=1"),
]

Run = Callable[..., str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel of this checkout is installed in."""
    wheels, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site")
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT]
    made = subprocess.run(build, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    subprocess.run([*PIP, "install", "--no-deps", "--target", site, *wheels.glob("*.whl")], check=True)
    return site


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty folder whose name has a space."""
    folder = tmp_path / "my lab"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def environment(site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a machine where nothing of vidgan is but what is installed, and the lab's package."""
    pretended = tmp_path_factory.mktemp("pretended")
    (pretended / "sitecustomize.py").write_text(PRETENDED)
    own = {"PYTHONPATH": os.pathsep.join(map(str, (pretended, site, OWN))), "VIDGAN_ALLOWED_TARGETS": "lab"}
    return {**os.environ, **own, "PRETENDED_CORES": "2"}


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Server:
    return Server(environment)


@pytest.fixture
def run(server: Server, environment: dict[str, str], here: Path) -> Run:
    """``run("train", "seed=1")``: what a command says."""

    def start(command: str, *arguments: str) -> str:
        started = server.start(here, command, *arguments, env=environment)
        out, error = started.communicate()
        assert started.returncode == 0, error
        return out

    return start


@pytest.fixture
def fresh(site: Path, environment: dict[str, str], here: Path) -> Run:
    """``fresh("train", "seed=1", cores=8)``: likewise, of an installed command from its first import on."""

    def start(command: str, *arguments: str, cores: int = 2) -> str:
        line = [site / "bin" / f"vidgan-{command}", *arguments]
        pretended = {**environment, "PRETENDED_CORES": str(cores)}
        answer = subprocess.run(line, cwd=here, env=pretended, capture_output=True, text=True)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return start


def test_what_ships_on_few_cores_and_on_many(fresh: Run, here: Path) -> None:
    """The stock training logs for W&B offline and loads in workers; the weights are those of one core."""
    for cores in (1, 2, 8):
        fresh("train", *TINY, f"paths.runs=on{cores}", cores=cores)
    weights = [load_file(next(here.glob(f"on{cores}/*/*/checkpoints/last.safetensors"))) for cores in (1, 2, 8)]
    for other in weights[1:]:
        assert all(torch.equal(value, other[key]) for key, value in weights[0].items())
    assert "protocol" in fresh("evaluate", "run=quickstart", "paths.runs=on8", "tracking=disabled", cores=8)
    write_video(here / "in.mp4", moving(3, 24, 32))
    fresh("predict", "run=quickstart", "paths.runs=on1", "input=in.mp4", "output=out.mp4", cores=1)
    made = probe(here / "out.mp4")
    assert (made.frames, made.width, made.height) == (3, 128, 96)
    fresh("compare", "on8", cores=8)
    assert list(here.glob("comparisons/*/comparison.md"))
    assert "finished" in fresh("runs", "--runs=on1", cores=1)


def test_all_commands_know_a_package_of_ones_own(run: Run, here: Path) -> None:
    own = ["--config-dir", str(OWN / "conf")]
    run("train", *own, "experiments=lab/first", *HERE)
    swept = run("train", *own, "-m", "experiments=lab/first", *HERE, "seed=0,1")
    assert "1 finished, 1 existed already" in swept
    first, second = sorted((here / "runs/relighting").iterdir(), key=lambda path: path.stat().st_ctime)
    summaries = [json.loads((path / "summary.json").read_text()) for path in (first, second)]
    assert [summary["state"] for summary in summaries] == ["finished", "finished"]

    commit = (
        subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip() or None
    )
    assert json.loads((first / "provenance.json").read_text())["segments"][0]["commit"] == commit

    told = run("evaluate", f"run={first.name}", f"protocol={OWN}/conf/protocols/unrounded.yaml", *HERE[::2])
    assert "protocol unrounded: our own, without rounding" in told
    scores = json.loads((first / "evaluations/unrounded-last/scores.json").read_text())["scores"]
    # Rounding to 8 bits moves a mean of thousands of values by far less than half a level in 255.
    assert scores["model"] == pytest.approx(summaries[0]["metrics"], abs=0.5 / 255)
    assert scores["dark"]["brightness_ratio"] == pytest.approx(0.5, rel=1e-6)  # float32 sums of halved values

    told = run("evaluate", f"run={first.name}", f"protocol={OWN}/conf/protocols/lights.yaml", *HERE[::2])
    assert "seconds a frame: model " in told
    scores = json.loads((first / "evaluations/lights-last/scores.json").read_text())["scores"]
    assert scores["model"].keys() == {"brightness_ratio_evening", "brightness_ratio_night"}
    dark = {"brightness_ratio_evening": 0.5, "brightness_ratio_night": 0.125}
    assert scores["dark"] == pytest.approx(dark, abs=0.5 / 255)  # rounded to 8 bits

    write_video(here / "in.mp4", moving(9, 40, 56))
    run("predict", "run=first", "input=in.mp4", "output=out.mp4", "machine=cpu")
    run("export", f"run={first.name}", "output=net.safetensors")
    run("predict", "weights=net.safetensors", "input=in.mp4", "output=again.mp4", "machine=cpu")
    for name in ("out.mp4", "again.mp4"):
        made = probe(here / name)
        assert (made.frames, made.width, made.height) == (9, 56, 40)

    run("compare", "runs/relighting")
    assert "| first | 2 |" in (here / "comparisons/relighting/comparison.md").read_text()
    listed = run("runs")
    assert first.name in listed
    assert second.name in listed


def test_a_task_that_vidgan_has_none_of_is_a_full_citizen(run: Run, here: Path) -> None:
    """Colorization, one file and its YAMLs: swept, scored, used with an option of its own, exported and compared."""
    own = ["--config-dir", str(OWN / "conf")]
    swept = run("train", *own, "-m", "experiments=lab/colors", *HERE, "seed=0,1")
    assert "2 finished" in swept
    first, second = sorted((here / "runs/colorization").iterdir())
    scores = json.loads((first / "summary.json").read_text())
    assert scores["metrics"]["vividness"] > 0
    grey = scores["baselines"]["grey"]  # which has made no chroma
    assert grey["psnr"] > 0
    assert math.isnan(grey["vividness"])

    run("evaluate", f"run={first.name}", "compare_to=[]", *HERE[::2])
    run("compare", "runs/colorization")
    assert "vividness" in (here / "comparisons/colorization/comparison.md").read_text()

    told = run("predict", f"run={first.name}", "--help")
    assert "saturation" in told
    assert "0 is grey, 1 as they were learned" in told
    write_video(here / "in.mp4", moving(5, 40, 56))
    lossless = ["input=in.mp4", "machine=cpu"]
    run("predict", f"run={first.name}", *lossless, "output=grey", "saturation=0")
    run("predict", f"run={first.name}", *lossless, "output=colored", "saturation=3")
    pictures = [cv2.imread(str(sorted((here / name).iterdir())[2])) for name in ("grey", "colored")]
    spread = [float(np.ptp(picture, axis=2).mean()) for picture in pictures]
    assert spread[0] == 0  # red, green and blue are one value
    assert spread[1] > 1

    run("export", f"run={second.name}", "output=net.safetensors")
    run("predict", "weights=net.safetensors", *lossless, "output=again", "saturation=0")
    again = cv2.imread(str(sorted((here / "again").iterdir())[2]))
    assert np.array_equal(again, pictures[0])
