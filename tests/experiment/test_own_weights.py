"""Weights of a run that were given a name: what they make is what the run makes, wherever a command takes the name."""

import hashlib
import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from assets import make_weights
from omegaconf import DictConfig

from tests.media import moving, write_folder, write_video
from tests.pose.boxes import boxes
from vidgan.errors import UserError
from vidgan.experiment import weights_told, zoo
from vidgan.experiment.evaluation import evaluate
from vidgan.experiment.exporting import export
from vidgan.experiment.networks import DESCRIPTION
from vidgan.experiment.prediction import predict
from vidgan.experiment.training import train
from vidgan.pose.files import write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.record.folder import RunFolder
from vidgan.video.writer import encode_picture
from vidgan.weights import read_metadata, read_state, save_weights

Composed = Callable[..., DictConfig]
HERE = ("machine=cpu", "machine.precision=32-true", "machine.workers=0", "machine.progress=false")
NAME = "super_resolution_quickstart"
QUICKSTART = (
    *("experiments=super_resolution/quickstart", "networks.generator.channels=4", "engine.iterations=4"),
    *("data.batch_size=1", "data.frames=2", "data.patch=64", "data.eval_frames=3"),
    *("tracking=disabled", "validation.every=null"),
)


@pytest.fixture
def run(composed: Composed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A quickstart of four iterations, whose weights have the name of those that ship."""
    folder = train(composed(*QUICKSTART, *HERE))
    file = tmp_path / f"{NAME}.safetensors"
    export(composed(f"run={folder.id}", f"output={file}", command="export"))
    entry = zoo.ShippedWeights(**make_weights.entry("super_resolution", folder, file))  # type: ignore[arg-type]
    monkeypatch.setattr(zoo, "SHIPPED", tmp_path)
    monkeypatch.setattr(zoo, "ENTRIES", {NAME: entry})
    return folder


def made(composed: Composed, given: Path, what: str, out: Path) -> np.ndarray:
    """The frames that a run or weights make of those in a folder."""
    predict(
        composed(what, f"input={given}", f"output={out}", "machine=cpu", "machine.progress=false", command="predict")
    )
    return np.stack([cv2.imread(str(path)) for path in sorted(out.iterdir())])


def test_a_name_makes_what_its_run_makes(run: RunFolder, composed: Composed, tmp_path: Path) -> None:
    given = write_folder(tmp_path / "in", moving(4, 20, 28))
    expected = made(composed, given, f"run={run.id}", tmp_path / "a")
    assert expected.shape == (4, 80, 112, 3)
    assert (made(composed, given, f"weights={NAME}", tmp_path / "b") == expected).all()


def test_a_name_is_scored_exported_and_trained_on(run: RunFolder, composed: Composed, tmp_path: Path) -> None:
    shared = ("compare_to=[bicubic]", "tracking=disabled", *HERE)
    of_run = evaluate(composed(f"run={run.id}", *shared, command="evaluate"))
    of_name = evaluate(composed(f"weights={NAME}", "data=clips", "data.eval_frames=3", *shared, command="evaluate"))
    assert of_name == of_run
    told = zoo.ENTRIES[NAME].scored[0].scores
    assert told == pytest.approx(run.summary["metrics"], rel=1e-3)
    again = export(composed(f"weights={NAME}", f"output={tmp_path}/again.safetensors", command="export"))
    first = read_state(tmp_path / f"{NAME}.safetensors")
    assert all(torch.equal(value, first[key]) for key, value in read_state(again).items())
    still = ("players.generator.optimizer.lr=0", "players.generator.schedule=null", f"+warm_start.generator={NAME}")
    trained = read_state(train(composed(*QUICKSTART, *HERE, *still)).weights("last"))
    assert all(torch.equal(trained[key], value) for key, value in first.items())


SHIPPED = [name for name, entry in zoo.ENTRIES.items() if isinstance(entry, zoo.ShippedWeights)]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_command_that_is_told_can_be_typed(
    name: str, composed: Composed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "tests.pose")  # for a finder of persons that needs no models
    write_video(tmp_path / "in.mp4", moving(4, 48, 64))
    for picture, person in (("source.png", (30, 20, 24, 60)), ("pose.png", (5, 10, 50, 30))):
        (tmp_path / picture).write_bytes(encode_picture(boxes(1, person)[0], ".png"))
    points = np.random.default_rng(0).uniform(1, 60, (20, 1, 18, 3)).astype(np.float32)
    write_poses(KeypointSequence(points, OPENPOSE_18), tmp_path / "in.npz")
    told = shlex.split(weights_told.using(name, zoo.ENTRIES[name]))
    assert told[0] == "vidgan-predict"
    finder = ("~estimator", "+estimator={_target_: tests.pose.boxes.Boxes}") if name.startswith("pose_transfer") else ()
    out = predict(composed(*told[1:], *finder, "machine=cpu", "machine.progress=false", command="predict"))
    assert out.stat().st_size > 0


@pytest.mark.parametrize(
    ("network", "lost", "sentence"),
    [
        ({"depth": 3}, "", r"network\.depth: .*RecurrentSR has no argument 'depth'; it takes scale"),
        ({}, "gate.bias", r"RecurrentSR\(.*\), but does not fit it: 1 missing \(gate\.bias\)"),
    ],
)
def test_weights_of_another_version_of_the_network_are_told(
    network: dict[str, int],
    lost: str,
    sentence: str,
    composed: Composed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped = zoo.SHIPPED / f"{NAME}.safetensors"
    metadata, file = read_metadata(shipped), tmp_path / shipped.name
    description = json.loads(metadata[DESCRIPTION]) | network
    state = {key: value for key, value in read_state(shipped).items() if key != lost}
    save_weights(state, file, metadata | {DESCRIPTION: json.dumps(description)})
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setattr(zoo, "SHIPPED", tmp_path)
    monkeypatch.setattr(zoo, "ENTRIES", {NAME: replace(zoo.ENTRIES[NAME], sha256=sha256)})
    with pytest.raises(UserError, match=sentence):
        made(composed, write_folder(tmp_path / "in", moving(2, 20, 28)), f"weights={NAME}", tmp_path / "out")
    assert not (tmp_path / "out").exists()
