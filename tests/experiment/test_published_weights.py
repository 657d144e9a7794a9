"""Published weights without a run: applied, scored beside classical methods, exported and used again."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from omegaconf import DictConfig

from tests.media import moving, write_folder, write_video
from tests.published import CONTAINERS, old_rrdbnet_keys
from vidgan.commands.evaluate import _listed
from vidgan.errors import UserError
from vidgan.experiment.evaluation import evaluate
from vidgan.experiment.exporting import export
from vidgan.experiment.prediction import load, predict
from vidgan.generators.fastdvdnet import FastDVDnet
from vidgan.generators.rrdbnet import RRDBNet

Composed = Callable[..., DictConfig]
MACHINE = ("machine=cpu", "machine.precision=32-true", "machine.progress=false")
SCORING = (*MACHINE, "machine.workers=0", "tracking=disabled")


@pytest.fixture
def network() -> RRDBNet:
    torch.manual_seed(0)
    return RRDBNet(channels=4, blocks=1, growth=2).eval()


@pytest.fixture
def weights(network: RRDBNet, tmp_path: Path) -> Path:
    """As BSRGAN's weights are published, in BasicSR's container."""
    path = tmp_path / "Tiny_x4plus.pth"
    torch.save(CONTAINERS["basicsr"](old_rrdbnet_keys(network.state_dict())), path)
    return path


def read(folder: Path) -> np.ndarray:
    return np.stack([cv2.imread(str(path))[..., ::-1] for path in sorted(folder.iterdir())])


def test_predict_is_the_network_frame_by_frame(
    composed: Composed, network: RRDBNet, weights: Path, tmp_path: Path
) -> None:
    frames = moving(2, 16, 24)
    given = write_folder(tmp_path / "in", frames)
    predict(composed(f"weights={weights}", f"input={given}", f"output={tmp_path / 'out'}", *MACHINE, command="predict"))
    with torch.no_grad():
        made = network(torch.from_numpy(frames).permute(0, 3, 1, 2)[None].float() / 255)[0]
    expected = (made.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    assert (read(tmp_path / "out") == expected).all()


def test_what_was_exported_predicts_the_same(composed: Composed, weights: Path, tmp_path: Path) -> None:
    given = write_folder(tmp_path / "in", moving(2, 16, 24))
    mine = tmp_path / "mine.safetensors"
    export(composed(f"weights={weights}", f"output={mine}", command="export"))
    for name, path in (("a", weights), ("b", mine)):
        out = tmp_path / name
        predict(composed(f"weights={path}", f"input={given}", f"output={out}", *MACHINE, command="predict"))
    assert (read(tmp_path / "a") == read(tmp_path / "b")).all()


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["output={}/out.png"], r"out\.png: a picture is one frame, and there are more; give a video or a folder"),
        (["output={}/out.mp4", "chunk=0"], r"chunk=0: expected a whole number from 1"),
        (["output={}/out.mp4", "tile=0"], r"tile=0: expected a whole number from 1"),
    ],
)
def test_what_cannot_be_made_is_told_and_nothing_is_written(
    composed: Composed, weights: Path, overrides: list[str], sentence: str, tmp_path: Path
) -> None:
    given = write_folder(tmp_path / "in", moving(2, 16, 24))
    chosen = [override.format(tmp_path) for override in overrides]
    with pytest.raises(UserError, match=sentence):
        predict(composed(f"weights={weights}", f"input={given}", *chosen, *MACHINE, command="predict"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Tiny_x4plus.pth", "in"]


def test_baselines_may_be_written_without_brackets() -> None:
    assert _listed("compare_to=bicubic,nlmeans") == "compare_to=[bicubic,nlmeans]"
    assert _listed("compare_to=bicubic") == "compare_to=[bicubic]"
    assert _listed("overrides=a.b=1,c.d=[2,3]") == "overrides=['a.b=1','c.d=[2,3]']"
    assert _listed("overrides=[a.b=1]") == "overrides=['a.b=1']"
    for argument in ("overrides=['a.b=1']", "compare_to=[a,b]", "compare_to=[]", "compare_to=null", "data.root=a,b"):
        assert _listed(argument) == argument


@pytest.fixture
def videos(tmp_path: Path) -> list[str]:
    for number, split in enumerate(("test", "test", "val", "train")):
        write_video(tmp_path / "videos" / split / f"clip{number}.mp4", moving(2, 48, 48, seed=number))
    return ["data=folder", f"data.root={tmp_path / 'videos'}", "data.eval_frames=2"]


def test_evaluate_scores_chosen_methods_by_clip_and_in_total(
    composed: Composed, weights: Path, videos: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["nearest", "bicubic", "sharpened", "nlmeans"]
    overrides = [f"weights={weights}", *videos, "protocol=image_rgb", _listed(f"compare_to={','.join(chosen)}")]
    scores = evaluate(composed(*overrides, *SCORING, command="evaluate"))
    assert list(scores) == ["model", *sorted(chosen)]
    assert scores["bicubic"]["psnr"] > scores["nearest"]["psnr"]
    folder = tmp_path / "runs/published/Tiny_x4plus/evaluations/image_rgb-videos"
    written = json.loads((folder / "scores.json").read_text())
    assert (written["scores"], written["weights"]) == (scores, str(weights))
    with (folder / "per_clip.csv").open() as file:
        rows = list(csv.DictReader(file))
    clips = {row["clip"] for row in rows}
    assert len(clips) == 2
    assert {(row["method"], row["clip"]) for row in rows} == {(method, clip) for method in scores for clip in clips}
    own = [float(row["psnr"]) for row in rows if row["method"] == "nlmeans"]
    assert scores["nlmeans"]["psnr"] == pytest.approx(sum(own) / 2)
    table = capsys.readouterr().out
    assert all(name in table for name in (*chosen, "Tiny_x4plus"))


def test_one_folder_is_scored_as_a_whole_and_that_is_told(
    composed: Composed, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "mine"
    for number in range(3):
        write_folder(root / f"{number}", moving(34, 26, 24, seed=number))
    given = [f"weights={weights}", "data=folder", f"data.root={root}", "protocol=image_rgb", "compare_to=[bicubic]"]
    evaluate(composed(*given, *SCORING, command="evaluate"))
    assert f"3 clips (0, 1, 2) of {root} scored\n" in capsys.readouterr().out
    table = tmp_path / "runs/published/Tiny_x4plus/evaluations/image_rgb-mine/per_clip.csv"
    assert {row["clip"] for row in csv.DictReader(table.open())} == {"0", "1", "2"}
    evaluate(composed(*given, "data.eval_frames=2", *SCORING, command="evaluate"))
    assert "scored, of each the first 2 frames\n" in capsys.readouterr().out


def test_other_data_of_the_same_name_is_another_evaluation(
    composed: Composed, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for seed, folder in enumerate(("one", "two")):
        write_folder(tmp_path / folder / "clips" / "a", moving(2, 24, 24, seed=seed))
    given = [f"weights={weights}", "data=folder", "protocol=image_rgb", "compare_to=[bicubic]"]
    for root in ("one/clips", "two/clips", f"{tmp_path}/one/clips", "./one/clips"):
        evaluate(composed(*given, f"data.root={root}", *SCORING, command="evaluate"))
    evaluate(composed(*given, "data.root=one/clips", "data.eval_frames=1", *SCORING, command="evaluate"))
    evaluations = tmp_path / "runs/published/Tiny_x4plus/evaluations"
    asked = {
        path.parent.name: json.loads(path.read_text())["asked"]["data"] for path in evaluations.glob("*/scores.json")
    }
    assert {name: (Path(data["root"]).parent.name, data["eval_frames"]) for name, data in asked.items()} == {
        "image_rgb-clips": ("one", None),
        "image_rgb-clips-2": ("two", None),
        "image_rgb-clips-3": ("one", 1),
    }


def test_another_degradation_is_another_evaluation(
    composed: Composed, weights: Path, videos: list[str], tmp_path: Path
) -> None:
    overrides = [f"weights={weights}", *videos, "protocol=image_rgb", "compare_to=[bicubic]"]
    bicubic = evaluate(composed(*overrides, *SCORING, command="evaluate"))
    blurred = evaluate(composed(*overrides, "degradations@degradation=bd", *SCORING, command="evaluate"))
    assert blurred["bicubic"] != bicubic["bicubic"]
    evaluations = tmp_path / "runs/published/Tiny_x4plus/evaluations"
    assert sorted(path.name for path in evaluations.iterdir()) == ["image_rgb-videos", "image_rgb-videos-BlurDown"]


def test_weights_that_ask_for_a_noise_level_are_scored_at_denoising(
    composed: Composed, videos: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "fastdvdnet.pth"
    torch.save({f"module.{key}": value for key, value in FastDVDnet().state_dict().items()}, path)
    scores = evaluate(composed(f"weights={path}", *videos, "compare_to=[noisy]", *SCORING, command="evaluate"))
    assert scores["noisy"]["psnr"] == pytest.approx(20.2, abs=0.5)  # 25 levels of noise: 20 log10(255 / 25) is 20.17


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["compare_to=[bicubic,lanczoss]"], r"there is no baseline lanczoss of this task; there are nearest, bilinear"),
        ([], r"data is not set; give data=<name of a file in conf/data>"),
        (["run=quickstart"], r"run=quickstart and weights=.* are two networks; give one of them"),
        (["protocol=davis_denoising"], r"protocol davis_denoising is for x1 and the run enlarges x4; choose another"),
        (["degradation=bd"], r"degradation=bd is no configuration; did you mean degradations@degradation=bd\?"),
        (["task=denoisng"], r"task=denoisng: there is no such task; did you mean denoising\?"),
        (["protocol=set5"], r"protocol=set5: there is no such protocol; there are artifact_removal, davis_denoising"),
        (["weights=last"], r"run is not set; give run=<id>, or weights=<file>"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(
    composed: Composed, weights: Path, videos: list[str], overrides: list[str], sentence: str, tmp_path: Path
) -> None:
    given = [*videos, *overrides] if overrides else []
    config = composed(f"weights={weights}", *given, *SCORING, command="evaluate")
    with pytest.raises(UserError, match=sentence):
        evaluate(config)
    assert not (tmp_path / "runs").exists()


def test_weights_that_are_no_numbers_are_refused(composed: Composed, network: RRDBNet, tmp_path: Path) -> None:
    state = network.state_dict()
    state["conv_first.bias"][0] = torch.nan
    torch.save(state, tmp_path / "lost.pth")
    given = [f"weights={tmp_path}/lost.pth", f"input={write_folder(tmp_path / 'in', moving(2, 16, 24))}"]
    with pytest.raises(UserError, match=r"lost\.pth: conv_first\.bias holds what is no number"):
        predict(composed(*given, f"output={tmp_path}/out", *MACHINE, command="predict"))
    assert not (tmp_path / "out").exists()


def test_a_device_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match=r"^device='abacus' cannot be used here \(.*\); leave it out, or give 'cpu'"):
        load(weights="net.pth", device="abacus")
