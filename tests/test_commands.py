"""The commands as a user runs them: train once, survive every kind of end, evaluate; mistakes in one sentence."""

import csv
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig
from safetensors.torch import load_file

from tests.data.test_layouts import VID4, write
from tests.media import moving, write_splits, write_video
from tests.preloaded import LIMIT, Started, launch
from tests.rounding import FLOAT32
from tests.video.test_writer import with_tone
from tests.wrong_inputs.conftest import Refused, refused
from vidgan.experiment import training
from vidgan.experiment.prediction import predict
from vidgan.video.reader import iterate, probe
from vidgan.video.writer import encode_picture

BIN = Path(sys.executable).parent
__all__ = ["refused"]  # a fixture


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_splits(tmp_path_factory.mktemp("videos"))


Composed = Callable[..., DictConfig]
Start = Callable[..., Started]


TRAINING = [
    "data=folder",
    "data.patch=32",
    "data.frames=2",
    "data.batch_size=2",
    "machine=cpu",
    "machine.workers=0",
    "machine.checkpoint.every=5",
    "tracking=disabled",
    "engine.iterations=60",
    "engine.log_every=5",
    "validation.every=20",
    "players.discriminator.start=10",
    "networks.discriminator.layers=1",
]


def fresh(folder: Path, command: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Starts an installed command, from its first import on."""
    line = [BIN / f"vidgan-{command}", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, cwd=folder, **pipes, **options)


@pytest.fixture
def train(videos: Path, tmp_path: Path) -> Start:
    """Starts ``vidgan-train`` on the small videos in ``tmp_path``."""
    return partial(launch, tmp_path, "train", *TRAINING, f"data.root={videos}")


@pytest.fixture
def evaluate(tmp_path: Path) -> Start:
    return partial(launch, tmp_path, "evaluate", "machine=cpu", "machine.workers=0")


def ended(process: subprocess.Popen[str] | Started, timeout: float = LIMIT) -> tuple[int, str, str]:
    out, error = process.communicate(timeout=timeout)
    return process.returncode, out, error


def only_run(folder: Path) -> Path:
    (run,) = folder.glob("runs/super_resolution/*")
    return run


def summary(run: Path) -> dict[str, Any]:
    return json.loads((run / "summary.json").read_text())


def wait_for_iteration(folder: Path, iteration: int) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        runs = list(folder.glob("runs/*/*/summary.json"))
        if runs and json.loads(runs[0].read_text())["iteration"] >= iteration:
            return
        time.sleep(0.05)
    raise AssertionError(f"iteration {iteration} was not reached")


@pytest.fixture(scope="module")
def uninterrupted(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    code, _, error = ended(launch(folder, "train", *TRAINING, f"data.root={videos}"))
    assert code == 0, error
    return only_run(folder)


def assert_same_state(run: Path, other: Path) -> None:
    """The last checkpoints are equal, to the last bit."""
    first, second = load_file(run / "checkpoints/last.safetensors"), load_file(other / "checkpoints/last.safetensors")
    assert all(torch.equal(value, second[key]) for key, value in first.items())
    states = [torch.load(path / "checkpoints/last.ckpt", weights_only=True) for path in (run, other)]
    assert states[0]["global_step"] == states[1]["global_step"]
    for part in ("state_dict", "optimizer_states", "lr_schedulers"):
        flat = [torch.utils._pytree.tree_leaves(state[part]) for state in states]
        for a, b in zip(*flat, strict=True):
            assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def assert_same_result(run: Path, other: Path) -> None:
    assert_same_state(run, other)
    for name in ("metrics.csv", "per_clip.csv"):
        assert (run / name).read_text() == (other / name).read_text()
    assert summary(run)["metrics"] == summary(other)["metrics"]


def test_a_run_leaves_what_the_readme_says(uninterrupted: Path) -> None:
    result = summary(uninterrupted)
    assert result["state"] == "finished"
    assert result["iteration"] == 60
    assert set(result["baselines"]) == {"bicubic", "lanczos"}
    for name in ("config.yaml", "machine.yaml", "provenance.json", "samples/comparison.png", "samples/comparison.mp4"):
        assert (uninterrupted / name).stat().st_size > 0
    with (uninterrupted / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["iteration"]) for row in rows if row["loss/generator"]] == list(range(5, 61, 5))
    assert [int(row["iteration"]) for row in rows if row["val/psnr"]] == [20, 40, 60]
    assert not list(uninterrupted.rglob("*.tmp"))


def test_killed_again_and_again_ends_where_the_uninterrupted_run_ends(
    train: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    reached = 0
    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        process = train()
        wait_for_iteration(tmp_path, reached + 5)
        process.send_signal(how)
        code, out, _ = ended(process)
        run = only_run(tmp_path)
        assert code == (-how if how == signal.SIGKILL else 128 + how)
        assert summary(run)["state"] == "running"
        assert how == signal.SIGKILL or "Run the same command again to go on." in out
        reached = summary(run)["iteration"]
        assert reached < 60
    code, out, error = ended(train())
    assert code == 0, error
    assert "Unfinished: it goes on" in out
    assert len(json.loads((run / "provenance.json").read_text())["segments"]) == 4
    assert_same_result(run, uninterrupted)


def test_the_same_command_trains_once(train: Start, uninterrupted: Path) -> None:
    before = (uninterrupted / "checkpoints/last.ckpt").stat().st_mtime_ns
    code, out, _ = ended(train(f"paths.runs={uninterrupted.parents[1]}"))
    assert code == 0
    assert "Finished before, with the same code and data: its recorded result." in out
    assert str(uninterrupted / "samples/comparison.png") in out.replace("\n", "")
    assert (uninterrupted / "checkpoints/last.ckpt").stat().st_mtime_ns == before


def test_evaluate_gives_the_recorded_numbers(evaluate: Start, uninterrupted: Path) -> None:
    runs = f"paths.runs={uninterrupted.parents[1]}"
    code, _, error = ended(evaluate(f"run={uninterrupted.name}", runs))
    assert code == 0, error
    recorded = summary(uninterrupted)
    scores = json.loads((uninterrupted / "evaluations/default-last/scores.json").read_text())["scores"]
    # Means of float32 sums over clips, which threads may add in another order.
    assert scores.pop("model") == pytest.approx(recorded["metrics"], rel=1e-6)
    assert scores == recorded["baselines"]


def test_evaluate_scores_a_published_test_set(evaluate: Start, uninterrupted: Path, tmp_path: Path) -> None:
    for name, count in VID4.items():
        write(tmp_path / "Vid4/GT" / name, count, side=48)
    arguments = [f"run={uninterrupted.name}", f"paths.runs={uninterrupted.parents[1]}", "tracking=disabled"]
    chosen = ["protocol=vid4_bi_y", "data=vid4", f"data.root={tmp_path}/Vid4"]
    code, out, error = ended(evaluate(*arguments, *chosen))
    assert code == 0, error
    with (uninterrupted / "evaluations/vid4_bi_y-last-Vid4/per_clip.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["clip"] for row in rows} == set(VID4)
    assert "protocol vid4_bi_y: VRT (Liang et al. 2022" in out


def test_a_mistake_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    """Of all the others, ``tests/wrong_inputs`` shows in this process what these two show of the installed commands."""
    wrong = (["train", "+networks.generator.chanels=3"], ["predict", "run=nonsense", "input=a.mp4"])
    for line in wrong:
        code, out, error = ended(fresh(tmp_path, *line))
        assert code == 1
        assert out == ""
        assert error.startswith("error: ")
        assert error.count("\n") == 1, error
    assert not list(tmp_path.iterdir())


def limit_file_size() -> None:
    """A full disk, as far as a process can tell: no file may grow beyond 100 kB."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_full_disk_is_told_and_leaves_no_half_file(videos: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    train = [*TRAINING, f"data.root={videos}"]
    code, _, error = ended(fresh(tmp_path, "train", *train, preexec_fn=limit_file_size, env=environment))
    assert code == 1
    assert "Traceback" not in error
    assert "error: " in error
    run = only_run(tmp_path)
    assert not list((run / "checkpoints").iterdir())
    assert summary(run)["state"] == "failed"


@pytest.fixture
def of_run(uninterrupted: Path) -> list[str]:
    """Overrides of vidgan-predict."""
    runs = f"paths.runs={uninterrupted.parents[1]}"
    return [f"run={uninterrupted.name}", runs, "machine=cpu", "machine.precision=32-true"]


def test_predict_keeps_rate_count_and_sound(of_run: list[str], tmp_path: Path) -> None:
    given, out = tmp_path / "in.mp4", tmp_path / "out.mp4"
    with_tone(given, seconds=1)
    code, _, error = ended(launch(tmp_path, "predict", *of_run, f"input={given}", f"output={out}"))
    assert code == 0, error
    before, after = probe(given), probe(out)
    assert (after.frames, after.fps) == (before.frames, before.fps)
    assert (after.width, after.height) == (4 * before.width, 4 * before.height)
    assert after.has_audio


def test_predict_on_a_folder_equals_the_pictures_of_the_video(
    of_run: list[str], composed: Composed, tmp_path: Path
) -> None:
    folder, video = tmp_path / "frames", tmp_path / "in.mkv"
    write_video(video, moving(3), codec="ffv1")
    folder.mkdir()
    for index, frame in enumerate(iterate(video)):
        (folder / f"{index}.png").write_bytes(encode_picture(frame, ".png"))
    for given, out in ((folder, "from_folder"), (video, "from_video")):
        predict(composed(*of_run, f"input={given}", f"output={tmp_path / out}", command="predict"))
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("from_folder", "from_video"))
    assert [path.name for path in first] == ["0.png", "1.png", "2.png"]
    assert [path.name for path in second] == ["00000000.png", "00000001.png", "00000002.png"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ("input=text.mp4 output=out.mp4", "text.mp4"),
        ("input=in.mp4 output=out.xyz", "out.xyz: cannot write .xyz files"),
        ("input=in.mp4 output=in.mp4", "output=in.mp4 is an input itself"),
        ("input=in.mp4 output=out.mp4 weights=best", "has no 'best' weights; it has last"),
    ],
)
def test_a_mistaken_prediction_writes_nothing(
    refused: Refused, of_run: list[str], tmp_path: Path, overrides: str, sentence: str
) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    write_video(tmp_path / "in.mp4", moving(2))
    assert sentence in refused(f"predict {shlex.join(of_run)} {overrides}")


def logged(run: Path, name: str) -> list[float]:
    with (run / "metrics.csv").open() as file:
        return [float(row[name]) for row in csv.DictReader(file) if row[name]]


def test_two_devices_are_one_run(train: Start, tmp_path: Path) -> None:
    """The batch is global and so is the run's id: only the machine differs."""
    short = ["engine.iterations=10", "players.discriminator.start=2", "validation.every=10"]
    # Not Adam, which takes a whole step by the sign of a gradient that is nothing but rounding.
    short += [f"players.{name}.optimizer._target_=torch.optim.SGD" for name in ("generator", "discriminator")]
    short += [f"~players.{name}.optimizer.betas" for name in ("generator", "discriminator")]
    for devices in (1, 2):
        code, _, error = ended(train(*short, f"machine.devices={devices}", f"paths.runs=on{devices}"))
        assert code == 0, error
    one, two = (next(tmp_path.glob(f"on{devices}/*/*")) for devices in (1, 2))
    assert one.name == two.name
    for name in ("loss/generator", "loss/discriminator", "val/psnr"):
        # Float32 gradients summed in another order, ten times.
        assert logged(two, name) == pytest.approx(logged(one, name), rel=10 * FLOAT32)
    assert summary(two)["metrics"] == pytest.approx(summary(one)["metrics"], rel=1e-3)
    assert summary(two)["baselines"] == summary(one)["baselines"]


def test_warm_start_begins_with_the_given_weights(uninterrupted: Path, composed: Composed, videos: Path) -> None:
    given = uninterrupted / "checkpoints/last.safetensors"
    still = [
        "engine.iterations=5",
        "players.discriminator.start=1",
        "validation.every=null",
        "players.generator.optimizer.lr=0",
        "players.generator.schedule=null",
    ]
    run = training.train(composed(*TRAINING, f"data.root={videos}", *still, f"+warm_start.generator={given}"))
    first, second = load_file(given), load_file(run.checkpoints / "last.safetensors")
    assert all(torch.equal(value, second[key]) for key, value in first.items())
