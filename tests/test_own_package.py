"""A lab's own package (task, network, loss, metric, protocol, data) in all commands, from an installed wheel."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.media import moving, write_video
from vidgan.video.reader import probe

ROOT = Path(__file__).parents[1]
OWN = ROOT / "tests/own_package"
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
HERE = ["machine=cpu", "machine.workers=0", "tracking=disabled"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel of this checkout is installed in."""
    wheels, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site")
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, ROOT]
    made = subprocess.run(build, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    subprocess.run([*PIP, "install", "--no-deps", "--target", site, *wheels.glob("*.whl")], check=True)
    return site


def test_all_commands_from_a_wheel(site: Path, tmp_path: Path) -> None:
    here = tmp_path / "my lab"  # with a space
    here.mkdir()
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{OWN}", "VIDGAN_ALLOWED_TARGETS": "lab"}

    def run(command: str, *arguments: str) -> str:
        line = [site / "bin" / f"vidgan-{command}", *arguments]
        answer = subprocess.run(line, cwd=here, env=environment, capture_output=True, text=True)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

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
