"""Small square clips by class, and how the data sets of new video lie on a disk."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from tests.data.test_layouts import names, write
from tests.media import moving, write_video
from vidgan.data.generation_sets import FaceForensics, SkyTimelapse, UCF101Actions
from vidgan.data.labelled import LabelledClips, Shrunk
from vidgan.data.sources import FrameFolder, Size
from vidgan.errors import UserError


def labelled(root: Path, classes: list[str], **others: object) -> LabelledClips:
    given = {"batch_size": 2, "frames": 4, "patch": 16, "eval_clips": 5}
    return LabelledClips(root=str(root), classes=classes, **{**given, **others})


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Twelve gray clips of each of two classes, of which the second is brighter."""
    for number, name in enumerate(["run", "walk"]):
        for clip in range(12):
            (folder := tmp_path / name / f"{clip}").mkdir(parents=True)
            for frame in range(6):
                cv2.imwrite(str(folder / f"{frame}.png"), np.full((20, 30, 3), 100 * number + 10 * frame, np.uint8))
    return tmp_path


def test_clips_carry_the_number_of_their_folder(folders: Path) -> None:
    data = labelled(folders, ["walk", "run"])
    data.examine()
    for number in range(20):
        clip = data.training[number]
        assert clip.frames.shape == (1, 4, 3, 16, 16)
        assert int(clip.conditions["label"]) == int(clip.frames.max() < 100)
    assert data.blank().conditions["label"].shape == (1,)
    assert labelled(folders, ["run"]).training[3].frames.max() < 100
    assert "label" not in labelled(folders, []).training[0].conditions


def test_what_is_scored_is_compared_with_training_clips(folders: Path) -> None:
    scored = labelled(folders, ["run", "walk"]).evaluated("test")
    assert len(scored) == 5
    clip = scored[0]
    assert {*clip.conditions} == {"label", "held_out", "shuffled"}
    assert clip.frames.shape == clip.conditions["held_out"].shape == (1, 4, 3, 16, 16)
    assert torch.equal(clip.frames, scored[0].frames)


def test_a_class_without_clips_and_clips_too_short_are_told(folders: Path) -> None:
    with pytest.raises(UserError, match=r"data\.classes: .* holds no clips to train on in jump$"):
        labelled(folders, ["run", "jump"]).examine()
    with pytest.raises(UserError, match=r"none of 20 clips can be trained on; .* 3 frames, data\.frames=4 are needed"):
        labelled(folders, ["run", "walk"], every=2).examine()
    with pytest.raises(UserError, match=r"20 x 20 pixels, less than data\.patch=32|30 x 20 pixels, less than"):
        labelled(folders, ["run", "walk"], patch=32).examine()
    with pytest.raises(UserError, match=r"data\.every=0"):
        labelled(folders, ["run"], every=0)


def test_every_other_frame_of_the_middle_square(tmp_path: Path) -> None:
    frames = np.zeros((5, 8, 20, 3), np.uint8)
    frames[:, :, 6:14] = 50  # the middle square
    frames += np.arange(5, dtype=np.uint8)[:, None, None, None]
    for number, frame in enumerate(frames):
        cv2.imwrite(str(tmp_path / f"{number}.png"), frame)
    small = Shrunk(FrameFolder("clip", tmp_path), 4, 2)
    assert small.size == Size(3, 4, 4)
    read = small.read(1, 2)
    assert read.shape == (2, 4, 4, 3)
    assert (read[0] == 52).all()
    assert (read[1] == 54).all()


def test_ucf101_is_split_by_its_lists(tmp_path: Path) -> None:
    (tmp_path / "ucfTrainTestlist").mkdir()
    (tmp_path / "ucfTrainTestlist/trainlist01.txt").write_text("Biking/v_Biking_g08_c01.avi 11\n")
    (tmp_path / "ucfTrainTestlist/testlist01.txt").write_text("Biking/v_Biking_g01_c01.avi\nYoYo/v_YoYo_g01_c02.avi\n")
    (tmp_path / "UCF-101/Biking").mkdir(parents=True)
    write_video(tmp_path / "UCF-101/Biking/v_Biking_g08_c01.avi", moving(4, 16, 16))
    splits = UCF101Actions().splits(tmp_path)
    assert names(splits.train) == ["Biking/v_Biking_g08_c01"]
    assert names(splits.test) == names(splits.val) == ["Biking/v_Biking_g01_c01", "YoYo/v_YoYo_g01_c02"]
    assert splits.train[0].size == Size(4, 16, 16)


def test_ucf101_has_101_classes_in_order() -> None:
    classes = OmegaConf.load("conf/data/ucf101_actions.yaml").classes
    assert len({*classes}) == 101
    assert list(classes) == sorted(classes, key=str.lower)


def test_skies_and_faces(tmp_path: Path) -> None:
    write(tmp_path / "sky/sky_train/a/a_1", 3)
    write(tmp_path / "sky/sky_test/b/b_1", 3)
    splits = SkyTimelapse().splits(tmp_path / "sky")
    assert (names(splits.train), names(splits.val), names(splits.test)) == (["a/a_1"], ["b/b_1"], ["b/b_1"])
    write(tmp_path / "faces/train/0", 3)
    write(tmp_path / "faces/val/1", 3)
    splits = FaceForensics().splits(tmp_path / "faces")
    assert (names(splits.train), names(splits.val), names(splits.test)) == (["0"], ["1"], ["1"])


@pytest.mark.parametrize("name", ["ucf101_actions", "sky_timelapse", "face_forensics"])
def test_each_is_made_of_its_file(name: str) -> None:
    layout = OmegaConf.load(f"conf/data/{name}.yaml").layout
    assert instantiate(layout).title
