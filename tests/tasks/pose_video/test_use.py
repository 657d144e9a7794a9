"""A picture and a video to a video of the person moving: from files to files, and every mistake in one sentence."""

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from tests.media import write_video
from tests.pose.boxes import Boxes, boxes
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.data.pictures import decode_image
from vidgan.errors import UserError
from vidgan.experiment.pose_extraction import extract
from vidgan.experiment.prediction import load, predict
from vidgan.experiment.training import train
from vidgan.generators.limb_transport import LimbTransport
from vidgan.generators.recurrent_limb_transport import RecurrentLimbTransport
from vidgan.inference.trained import Trained
from vidgan.pose.files import write_poses
from vidgan.pose.sequence import KeypointSequence
from vidgan.pose.skeleton import COCO_17
from vidgan.tasks.pose_video.use import generate_video
from vidgan.video.reader import probe
from vidgan.video.writer import encode_picture

TINY = [
    "experiments=pose_video/quickstart",
    *("data.batch_size=1", "data.frames=4", "data.height=32", "data.width=24", "data.eval_clips=1"),
    *("data.eval_frames=3", "engine.iterations=1", "engine.tbptt=2", "engine.ema=null", "validation.every=null"),
    *("networks.generator.channels=4", "networks.generator.encoder.channels=4", "losses.feature_matching.start=0"),
    *("players.discriminator.start=0", "players.clip_discriminator.start=0"),
    *("machine=cpu", "machine.workers=0", "machine.progress=false", "tracking=disabled"),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of a tiny network."""
    folder = tmp_path_factory.mktemp("runs")
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        train(compose("train", [*TINY, f"paths.runs={folder}"]))
    return folder


@pytest.fixture(autouse=True)
def _own_estimator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDGAN_ALLOWED_TARGETS", "tests.pose")


Run = Callable[..., Path]


@pytest.fixture
def run(runs: Path, composed: Callable[..., DictConfig], tmp_path: Path) -> Run:
    """``run("key=value", ...)``: the command on a picture and a video of one person, with the estimator of boxes."""
    (tmp_path / "me.png").write_bytes(encode_picture(boxes(1, (30, 20, 24, 60))[0], ".png"))
    write_video(tmp_path / "dance.mp4", boxes(11, (5, 10, 30, 70)))

    def command(*overrides: str) -> Path:
        given = {"run": "quickstart", "reference": "me.png", "driving": "dance.mp4", "output": "out.mp4"}
        given |= dict(override.split("=", 1) for override in overrides)
        for key in ("reference", "driving", "output"):
            given[key] = str(tmp_path / given[key])
        overrides = tuple(f"{key}={value}" for key, value in given.items())
        # The type of numbers too, which would follow the processor.
        here = ["machine=cpu", "machine.precision=32-true", "machine.progress=false", f"paths.runs={runs}"]
        config = composed(*here, *overrides, command="predict")
        config.estimator = {"_target_": "tests.pose.boxes.Boxes"}
        return predict(config)

    return command


def test_a_video_becomes_key_points_and_these_a_video(run: Run, tmp_path: Path) -> None:
    made = probe(run())
    assert (made.frames, made.fps, made.height, made.width) == (11, Fraction(25), 32, 24)
    direct = run("output=direct")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        overrides = [f"input={tmp_path}/dance.mp4", f"output={tmp_path}/dance.pose.npz", "machine.progress=false"]
        config = compose("pose", [*overrides, "confidence=0.3"])
    config.estimator = {"_target_": "tests.pose.boxes.Boxes"}
    extract(config)
    # The key points are smoothed already.
    again = run("driving=dance.pose.npz", "output=again", "smoother=none")
    for name in sorted(path.name for path in direct.iterdir()):
        one, other = (decode_image((folder / name).read_bytes(), name) for folder in (direct, again))
        # The file keeps the key points in float32; what falls on the border of two grey levels may fall on either side.
        np.testing.assert_allclose(one.astype(float), other, atol=1)


def test_chunks_make_the_same_video(run: Run, tmp_path: Path) -> None:
    one, many = run("output=whole", "chunk=11"), run("output=parts", "chunk=2")
    names = sorted(path.name for path in one.iterdir())
    assert len(names) == 11
    for name in names:
        assert (one / name).read_bytes() == (many / name).read_bytes()


def test_frames_are_made_one_chunk_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    stream = RecurrentLimbTransport.stream

    def counted(network: RecurrentLimbTransport, source: Tensor, keypoints: Tensor, poses: Tensor, state: Any) -> Any:
        made.append(poses.shape[1])
        return stream(network, source, keypoints, poses, state)

    monkeypatch.setattr(RecurrentLimbTransport, "stream", counted)
    run("chunk=4")
    assert made == [4, 4, 3]


def test_the_function_makes_what_the_command_makes(run: Run, runs: Path, tmp_path: Path) -> None:
    poses = np.random.default_rng(0).uniform(5, 80, (6, 1, 17, 3)).astype(np.float32)
    poses[..., 2] = 0.9
    write_poses(KeypointSequence(poses, COCO_17, (96, 96), Fraction(10)), tmp_path / "p.npz")
    given = run("driving=p.npz", "output=command", "num_frames=4", "retarget=false")
    trained = load("quickstart", runs=runs, device="cpu")
    made = generate_video(
        tmp_path / "me.png",
        tmp_path / "p.npz",
        tmp_path / "function",
        4,
        trained=trained,
        estimator=Boxes(),
        retarget=False,
    )
    assert made == tmp_path / "function"
    names = sorted(path.name for path in made.iterdir())
    assert len(names) == 4
    assert all((made / name).read_bytes() == (given / name).read_bytes() for name in names)
    film = run("driving=p.npz", "output=f.mp4", "num_frames=4", "retarget=false")
    assert (probe(film).frames, probe(film).fps) == (4, Fraction(10))


def test_a_network_without_a_memory_of_frames_is_refused(tmp_path: Path) -> None:
    given = {"trained": Trained(LimbTransport(channels=4)), "estimator": Boxes()}
    with pytest.raises(UserError, match=r"^LimbTransport is no network of the task pose_video; give a run of that"):
        generate_video(tmp_path / "me.png", tmp_path / "p.npz", tmp_path / "out.mp4", **given)


def test_without_its_models_an_estimator_is_refused(
    run: Run, runs: Path, composed: Callable[..., DictConfig], tmp_path: Path
) -> None:
    paths = [f"reference={tmp_path}/me.png", f"driving={tmp_path}/dance.mp4", f"output={tmp_path}/f.mp4"]
    config = composed("run=quickstart", "machine=cpu", f"paths.runs={runs}", *paths, command="predict")
    with pytest.raises(UserError, match="models"):  # BlazePose's are not here
        predict(config)
    assert not (tmp_path / "f.mp4").exists()


def test_a_reference_video_gives_its_surest_frame(run: Run, tmp_path: Path) -> None:
    """Black frames hold nobody; the only one that shows somebody is the reference."""
    clip = boxes(5, (30, 20, 24, 60))
    clip[[0, 1, 3, 4]] = 0
    write_video(tmp_path / "me.mp4", clip)
    assert probe(run("reference=me.mp4")).frames == 11


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["reference=nobody.png"], r"nobody\.png: no person is found; give a picture"),
        (["reference=two.png"], r"two\.png shows 2 persons; crop it"),
        (["driving=nobody.mp4"], r"nobody\.mp4: no person is found in any of its 3 frames"),
        (["driving=two.mp4", "person=3"], r"person=3: driving=.*two\.mp4 shows 2; give 1 to 2"),
        (["driving=two.npz", "person=0"], "person=0: expected a whole number from 1"),
        (["driving=norate.npz"], r"norate\.npz does not tell its frame rate; give fps="),
        (["driving=one.npz", "fps=25"], r"one\.npz has 10 frames a second and fps=25(\.0)? is given"),
        (["driving=hand.npz"], "skeleton=hand is unknown"),
        (["driving=nothing.mp4"], r"nothing\.mp4: there is no such file"),
        (["reference=nothing.png"], r"nothing\.png: there is no such file"),
        (["num_frames=12"], r"num_frames=12: .*dance\.mp4 has 11 frames; give 1 to 11"),
        (["num_frames=0"], "num_frames=0"),
        (["output=me.png"], "is an input itself"),
        (["output=out.xyz"], r"cannot write \.xyz"),
        (["driving=upper.npz"], r"upper\.npz: No pose has 5 key points .* Or set retarget=false"),
        (["driving=outside.npz"], r"outside\.npz: 76% of its key points are outside of the 96 x 96 frame"),
        (["driving=point.npz", "reference=point.png", "retarget=false"], "All key points are in one place"),
        (["driving=norate.npz", "fps=0"], r"fps=0(\.0)?: expected a number, above 0"),
        (["chunk=0"], "chunk=0: expected a whole number from 1"),
        (["run=other"], "run=other is not in"),
    ],
)
def test_mistakes(run: Run, tmp_path: Path, overrides: list[str], sentence: str) -> None:
    (tmp_path / "nobody.png").write_bytes(encode_picture(boxes(1)[0], ".png"))
    (tmp_path / "two.png").write_bytes(encode_picture(boxes(1, (5, 5, 20, 60), (60, 5, 20, 60))[0], ".png"))
    (tmp_path / "point.png").write_bytes(encode_picture(boxes(1, (1, 1, 1, 1))[0], ".png"))
    write_video(tmp_path / "nobody.mp4", boxes(3))
    write_video(tmp_path / "two.mp4", boxes(3, (5, 5, 20, 60), (60, 5, 20, 60)))
    person = np.ones((3, 1, 17, 3), np.float32)
    sequences = {
        "one": KeypointSequence(person, COCO_17, None, Fraction(10)),
        "two": KeypointSequence(person.repeat(2, 1), COCO_17, None, Fraction(10)),
        "norate": KeypointSequence(person, COCO_17),
        "point": KeypointSequence(person, COCO_17, None, Fraction(10)),
        "outside": KeypointSequence(
            person * np.where(np.arange(17)[:, None] < 4, 1, 99), COCO_17, (96, 96), Fraction(10)
        ),
        "upper": KeypointSequence(np.where(np.arange(17)[:, None] < 13, person, np.nan), COCO_17, None, Fraction(10)),
    }
    for name, sequence in sequences.items():
        write_poses(sequence, tmp_path / f"{name}.npz")
    np.savez(tmp_path / "hand.npz", points=np.ones((3, 1, 21, 3)), skeleton=np.array("hand"))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UserError, match=sentence):
        run(*overrides)
    assert sorted(tmp_path.iterdir()) == before


def test_of_several_persons_one_is_followed(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_video(tmp_path / "two.mp4", boxes(3, (5, 5, 20, 60), (60, 15, 20, 40)))
    for given, who in (([], "the one that is larger and longer in view"), (["person=2"], "number 2")):
        assert probe(run("driving=two.mp4", "overwrite=true", *given)).frames == 3
        assert f"two.mp4 shows 2 persons; {who} is followed" in capsys.readouterr().out


def test_the_file_that_an_encoder_started_from_is_not_asked_for(run: Run, runs: Path) -> None:
    trained = next(runs.glob("*/quickstart-*"))
    moved = shutil.copytree(trained, trained.with_name("moved-0"))
    config = OmegaConf.load(moved / "config.yaml")
    config.networks.generator.encoder.weights = "gone.pth"
    OmegaConf.save(config, moved / "config.yaml")
    assert probe(run("run=moved-0")).frames == 11


def test_among_runs_of_a_name_the_one_that_is_asked_so_is_meant(run: Run, runs: Path) -> None:
    """A newer run of the same name, of a task that is given other things."""
    ours = next(runs.glob("pose_video/quickstart-*"))
    other = runs / "super_resolution" / "quickstart-00000000"
    shutil.copytree(ours, other)
    (other / "summary.json").write_text(json.dumps(json.loads((ours / "summary.json").read_text()) | {"crc32": None}))
    config = OmegaConf.load(other / "config.yaml")
    config.task._target_ = "vidgan.tasks.super_resolution.task.SuperResolution"
    OmegaConf.save(config, other / "config.yaml")
    assert probe(run()).frames == 11
    shutil.rmtree(other)
