"""Sources made of other sources: excerpts, one channel, clips with what is aligned with them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.media import moving, write_folder
from vidgan.data.derived import Aligned, Excerpt, Grey, MisalignedError, differently_aligned, files
from vidgan.data.sources import Box, FrameFolder, Size
from vidgan.video.reader import BrokenFileError

FRAMES = moving(12, height=48, width=66)


@pytest.fixture
def clip(tmp_path: Path) -> FrameFolder:
    return FrameFolder("a", write_folder(tmp_path / "a", FRAMES))


@pytest.fixture
def third(tmp_path: Path) -> FrameFolder:
    return FrameFolder("a", write_folder(tmp_path / "third", FRAMES[:, 1::3, 1::3]))


def test_excerpt_is_a_part_of_its_source(clip: FrameFolder) -> None:
    excerpt = Excerpt(clip, 4, 9)
    assert (excerpt.name, excerpt.size.frames) == ("a[4:9]", 5)
    np.testing.assert_array_equal(excerpt.read(1, 3), clip.read(5, 3))


def test_grey_is_the_value_of_grey_pictures_and_the_luminance_of_others(tmp_path: Path, clip: FrameFolder) -> None:
    """BT.601: 0.299 R + 0.587 G + 0.114 B."""
    folder = tmp_path / "mask"
    folder.mkdir()
    values = np.arange(256, dtype=np.uint8).reshape(8, 32)
    for number in range(2):
        assert cv2.imwrite(str(folder / f"{number}.png"), values)
    mask = Grey(FrameFolder("mask", folder))
    assert (mask.size, mask.channels) == (Size(2, 8, 32), 1)
    np.testing.assert_array_equal(mask.read(0, 2, Box(2, 4, 5, 6)), np.stack([values[2:7, 4:10, None]] * 2))
    luminance = FRAMES[:2] @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(Grey(clip).read(0, 2)[..., 0], luminance, atol=0.51)


def test_an_aligned_clip_has_a_scale_of_its_own(clip: FrameFolder, third: FrameFolder) -> None:
    aligned = Aligned(clip, {"low": third, "mask": Grey(clip)})
    assert (aligned.name, aligned.path, aligned.size) == ("a", clip.path, Size(12, 48, 66))
    assert aligned.scales == {"low": 3, "mask": 1}
    assert [file.path for file in files(aligned)] == [clip.path, third.path, clip.path]
    box = Box(9, 12, 24, 30)
    seen = aligned.others["low"].read(2, 5, box.shrunk(3))
    np.testing.assert_array_equal(seen, aligned.read(2, 5, box)[:, 1::3, 1::3])


def test_an_excerpt_has_the_same_frames_of_what_is_aligned(clip: FrameFolder, third: FrameFolder) -> None:
    excerpt = Excerpt(Aligned(clip, {"low": third}), 4, 9)
    assert excerpt.scales == {"low": 3}
    assert excerpt.others["low"].size == Size(5, 16, 22)
    np.testing.assert_array_equal(excerpt.others["low"].read(1, 3), FRAMES[5:8, 1::3, 1::3])


@pytest.mark.parametrize("frames", [FRAMES[:11], FRAMES[:, :47], FRAMES[:, 1::3, 1::2], moving(12, 96, 132)])
def test_what_does_not_belong_to_a_clip_is_told(tmp_path: Path, clip: FrameFolder, frames: np.ndarray) -> None:
    """Fewer frames, a row less, another shape, larger than the clip."""
    other = FrameFolder("a", write_folder(tmp_path / "other", frames))
    count, height, width = frames.shape[:3]
    with pytest.raises(
        MisalignedError,
        match=rf"other: {count} frames of {width} x {height} pixels are not aligned with {clip.path}, 12 frames",
    ):
        _ = Aligned(clip, {"low": other}).size


def test_one_scale_for_all_clips(tmp_path: Path, clip: FrameFolder, third: FrameFolder) -> None:
    half = FrameFolder("b", write_folder(tmp_path / "half", FRAMES[:, ::2, ::2]))
    short = FrameFolder("c", write_folder(tmp_path / "short", FRAMES[:3]))
    sources = [Aligned(clip, {"low": low}) for low in (third, FrameFolder("gone", tmp_path / "gone"), half, short)]
    found = dict(differently_aligned([*reversed(sources), Aligned(clip, {"low": third})]))
    assert list(found) == [sources[3], sources[2]]
    assert "short: 3 frames of" in found[sources[3]]
    assert f"low goes into it 2 times, and into {clip.path} 3 times; it must be the same for all" in found[sources[2]]
    with pytest.raises(BrokenFileError, match="gone: there is no such folder"):
        _ = sources[1].size
