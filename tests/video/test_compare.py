"""Comparison pictures and videos: what is shown, and where."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.media import write_comparison
from vidgan.video.compare import BAND, GAP, comparison_picture, most_detailed
from vidgan.video.reader import iterate, probe


@pytest.fixture
def truth() -> torch.Tensor:
    """Flat, with texture at rows 100-140 and columns 200-240."""
    picture = torch.full((3, 160, 320), 0.5)
    picture[:, 100:140, 200:240] = torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(0))
    return picture


def test_the_detail_is_the_most_textured_square(truth: torch.Tensor) -> None:
    top, left = most_detailed(truth, 44)
    assert 96 <= top <= 100
    assert 196 <= left <= 200


def test_a_row_holds_the_whole_frame_and_every_method_enlarged(tmp_path: Path, truth: torch.Tensor) -> None:
    comparison_picture({"clip": {"bicubic": truth * 0.5, "real": truth}}, tmp_path / "a.png")
    sheet = cv2.imread(str(tmp_path / "a.png"))
    whole, side = 2 * 256, 2 * 128
    assert sheet.shape == (BAND + side + GAP, whole + 2 * (GAP + side), 3)
    top, left = most_detailed(truth, 128)
    expected = (truth[:, top : top + 128, left : left + 128] * 255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(sheet[BAND : BAND + side : 2, -side::2, ::-1], expected)
    assert np.array_equal(sheet[BAND + 1 : BAND + side : 2, -side + 1 :: 2, ::-1], expected)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_clips_of_different_sizes_share_a_sheet(tmp_path: Path, truth: torch.Tensor) -> None:
    comparison_picture(
        {"a": {"m": truth, "real": truth}, "b": {"m": truth[:, :64, :64], "real": truth[:, :64, :64]}},
        tmp_path / "a.png",
    )
    assert cv2.imread(str(tmp_path / "a.png")).shape[0] == 2 * (BAND + GAP) + 256 + 128


def test_a_video_shows_the_methods_side_by_side(tmp_path: Path) -> None:
    levels = {"bicubic": 0.2, "model": 0.5, "real": 0.8}
    clips = {name: torch.full((3, 3, 31, 40), level) for name, level in levels.items()}
    info = probe(write_comparison(tmp_path / "a.mp4", clips))
    assert (info.frames, info.width, info.height) == (3, 3 * 40 + 2 * GAP, 32 + BAND)
    frame = next(iter(iterate(tmp_path / "a.mp4")))
    middles = [frame[BAND + 15, 20 + index * (40 + GAP)] for index in range(3)]
    assert np.abs(np.array(middles) - 255 * np.array(list(levels.values()))[:, None]).max() < 3
