"""One video, all that there is."""

from fractions import Fraction
from pathlib import Path

import pytest
import torch

from tests.media import moving, write_folder, write_video
from vidgan.data.single_video import SingleVideoData, WorkedVideo
from vidgan.errors import UserError
from vidgan.ops.resize import resize

FRAMES = moving(20, 48, 64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "clip", FRAMES)
    return tmp_path / "clip"


def data(root: Path, **options: object) -> SingleVideoData:
    return SingleVideoData(str(root), **{"batch_size": 1, "frames": 4, "patch": 16, "height": 48, **options})


def test_all_of_it_is_trained_on_and_scored(folder: Path) -> None:
    all_of_it = data(folder)
    whole = all_of_it.evaluated("test")
    assert len(whole) == 1
    assert torch.equal(whole[0].frames[0], torch.from_numpy(FRAMES).permute(0, 3, 1, 2))
    for number in range(40):
        clip = all_of_it.training[number]
        assert clip.frames.shape == (1, 4, 3, 16, 16)
        assert torch.equal(clip.frames, data(folder).training[number].frames)
    places = {all_of_it.training[number].frames.sum().item() for number in range(40)}
    assert len(places) > 35
    assert data(folder, eval_frames=7).evaluated("val")[0].frames.shape[1] == 7


def test_it_is_worked_with_at_a_height(folder: Path) -> None:
    video = WorkedVideo.at(folder, 25)
    assert video.size == (24, 34) or video.size == (26, 34)
    expected = resize(torch.from_numpy(FRAMES[18:]).permute(0, 3, 1, 2).float(), video.size).round().clamp(0, 255)
    assert torch.equal(video.read(18, 2).float(), expected)
    assert WorkedVideo.at(folder, 480).size == (48, 64)  # never larger than it is
    assert len(WorkedVideo.at(folder, 48, 5)) == 5


def test_a_file_knows_its_rate(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", FRAMES)
    assert WorkedVideo.at(path, 48).fps == Fraction(25)
    assert len(data(path).source) == 20


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"frames": 21}, "20 frames are too few to train on, data.frames=21"),
        ({"num_frames": 3}, "3 frames are too few to train on, data.frames=4"),
        ({"patch": 49}, "64x48 pixels, less than data.patch=49"),
        ({"height": 12}, "16x12 pixels, less than data.patch=16"),
    ],
)
def test_too_little_is_refused(folder: Path, options: dict[str, int], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        data(folder, **options).examine()


def test_several_videos_are_refused(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", FRAMES)
    write_video(tmp_path / "b.mp4", FRAMES)
    with pytest.raises(UserError, match=r"holds 2 clips; name one of them, e\.g\. data\.root="):
        data(tmp_path).examine()
    with pytest.raises(UserError, match="there is no such file or folder"):
        data(tmp_path / "c.mp4").examine()
