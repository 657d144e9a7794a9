"""``vidgan-compare`` as a user runs it."""

import csv
import subprocess
from pathlib import Path

import pytest

from tests.comparison.conftest import Record, clips
from tests.comparison.test_analysis import WEIGHT
from tests.preloaded import run
from tests.rounding import FLOAT64
from vidgan.comparison import command
from vidgan.errors import UserError


def compare(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "compare", *arguments)


def test_from_folders_to_files(recorded: Record, tmp_path: Path) -> None:
    for weight, better in ((0.1, 0.0), (0.2, 1.0)):
        for seed in (0, 1):
            scores = clips(*(value + better + seed / 10 for value in range(30, 36)))
            recorded(f"{WEIGHT}={weight}", f"seed={seed}", psnr=scores, group="study")
    answer = compare(tmp_path, "study", "reference=weight=0.2")
    assert answer.returncode == 0, answer.stderr
    assert "34.05" not in answer.stdout  # means are 32.55 and 33.55
    assert "33.55 ± 0.07" in answer.stdout
    out = tmp_path / "comparisons" / "study"
    names = {"comparison.html", "comparison.md", "comparison.tex", "summary.csv", "differences.csv"}
    assert {path.name for path in out.iterdir()} == names
    with (out / "differences.csv").open() as file:
        (psnr, _) = csv.DictReader(file)
    assert float(psnr["difference"]) == pytest.approx(-1.0, rel=FLOAT64)
    interval = float(psnr["low"]), float(psnr["high"])
    assert interval == pytest.approx((-1.0, -1.0), rel=FLOAT64)
    assert (psnr["variant"], psnr["reference"]) == ("adversarial.weight=0.1", "adversarial.weight=0.2")
    assert float(psnr["p"]) == 2 / 2**6


THREE = {WEIGHT: ("0.1", "0.2"), "players.generator.optimizer.lr": ("0.001", "0.003"), "engine.ema": ("0.9", "0.99")}


@pytest.mark.parametrize("names", [("same", "same"), ("one", "two")], ids=["by value", "by name"])
def test_every_output_names_every_key_that_differs(
    names: tuple[str, str],
    recorded: Record,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for side, name in enumerate(names):
        overrides = [f"{key}={values[side]}" for key, values in THREE.items()]
        recorded(f"name={name}", *overrides, psnr=clips(30.0, 31.0 + side))
    out = tmp_path / "out"
    command.run([str(tmp_path / "runs"), f"out={out}"], tmp_path / "runs")
    texts = {path.name: path.read_text() for path in out.iterdir() if path.name != "differences.csv"}
    texts["console"] = capsys.readouterr().out
    texts["comparison.tex"] = texts["comparison.tex"].replace("\\_", "_")
    for where, text in texts.items():
        words = " ".join(text.split())
        for key, values in THREE.items():
            assert key in words, where
            assert all(value in words for value in values), where
    for where in ("console", "comparison.md", "comparison.html"):
        assert "cannot be told" in " ".join(texts[where].split()), where


def test_a_mistake_is_one_sentence(tmp_path: Path) -> None:
    answer = compare(tmp_path, "nothing", "--runs", "here", "out=there")
    assert answer.returncode == 1
    assert answer.stderr == "error: argument --runs: here: there is no such folder; see vidgan-compare --help.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a", "ref=b"], "ref=b: there is no such key; there are reference, out, budget_mb, wandb."),
        (["a", "wandb=yes"], "wandb=yes: give true or false."),
        (["a", "budget_mb=much"], "budget_mb=much: expected a number of megabytes, 0 or more."),
        (["out=b"], "No runs are named; give a group, ids or folders, see vidgan-compare --help."),
    ],
)
def test_keys_are_checked_first(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        command.run(arguments, tmp_path)
    assert str(refused.value) == sentence
