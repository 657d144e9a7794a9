"""Clips that come with what a codec leaves of them: coded as a whole, once."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.media import moving, write_folder
from vidgan.data.coded import CodedFile, CodedFolder
from vidgan.data.datamodule import ClipDataModule, Loading
from vidgan.errors import UserError
from vidgan.video.coding import Coding, coded

LEVELS = (24, 36)
#: Without its look ahead, x264 decides the same in each run.
HOW = {"tune": "zerolatency", "constant": "qp"}
PLAIN, LAYOUT = Coding(**HOW), CodedFolder(LEVELS, **HOW)
#: Each frame is darker than the one before, so that no two windows are alike.
FRAMES = {
    name: moving(12, 96, 64, seed) - np.arange(12, dtype=np.uint8)[:, None, None, None]
    for seed, name in enumerate("ab")
}


@pytest.fixture
def data(tmp_path: Path) -> ClipDataModule:
    for part in ("train", "val"):
        for name, frames in FRAMES.items():
            write_folder(tmp_path / "clips" / part / name, frames)
    loading = Loading(cache_dir=str(tmp_path / "cache"))
    return ClipDataModule(str(tmp_path / "clips"), 2, 3, 32, layout=LAYOUT, loading=loading, seed=1)


def test_windows_are_cut_from_whole_clips_that_were_coded(data: ClipDataModule) -> None:
    data.prepare_data()
    whole = {level: {name: coded(frames, level, PLAIN)[0] for name, frames in FRAMES.items()} for level in LEVELS}
    seen = set()
    for number in range(24):
        clip = data.training[number]
        level, name = int(clip.conditions["crf"].item()), clip.names[0].partition("#")[0].rpartition("/")[2]
        windows = np.lib.stride_tricks.sliding_window_view(FRAMES[name], (3, 32, 32), (0, 1, 2))
        frames = clip.frames[0].numpy()
        (place,) = np.argwhere((windows[..., 0, 0, 0] == frames[0, :, 0, 0]).all(-1) & _equal(windows, frames))
        start, top, left = place
        expected = whole[level][name][start : start + 3, top : top + 32, left : left + 32]
        assert np.array_equal(clip.conditions["coded"][0].permute(0, 2, 3, 1).numpy(), expected)
        assert clip.aligned == {"coded"}
        seen.add((level, name))
    assert len(seen) == 4


def _equal(windows: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Where windows (N, M, K, 3, T, h, w) are frames (T, 3, h, w)."""
    return (windows == frames.transpose(1, 0, 2, 3)).all((-4, -3, -2, -1))


def test_clips_are_coded_once(data: ClipDataModule, monkeypatch: pytest.MonkeyPatch) -> None:
    data.prepare_data()
    monkeypatch.setattr(CodedFile, "stream", None)  # whoever asks again fails
    assert all(data.training[number].conditions["coded"].any() for number in range(8))


def test_what_is_scored_is_not_coded_by_the_data(data: ClipDataModule) -> None:
    assert data.evaluated("val")[0].conditions == {}
    assert data.blank().conditions.keys() == {"coded", "crf"}


def test_without_a_cache_the_same_is_read(tmp_path: Path, data: ClipDataModule) -> None:
    data.prepare_data()
    direct = ClipDataModule(str(tmp_path / "clips"), 2, 3, 32, layout=LAYOUT, loading=Loading(), seed=1)
    for number in range(3):
        one, other = data.training[number], direct.training[number]
        assert torch.equal(one.conditions["coded"], other.conditions["coded"])


def test_levels_are_those_of_the_codec() -> None:
    for levels in ([], [52], [20.5]):
        with pytest.raises(UserError, match="expected whole numbers from 0 to 51, as h264 has"):
            CodedFolder(levels)
    assert CodedFolder([63], "av1").levels == [63]
