"""The published layouts of frame interpolation, miniature trees of each."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.data.test_layouts import names, write
from tests.media import moving
from vidgan.data.datasets import refuse_missing
from vidgan.data.index import Index
from vidgan.data.snu_film import SNUFILM
from vidgan.data.sources import NamedFrames, Size
from vidgan.data.ucf101 import UCF101
from vidgan.data.vimeo90k import VimeoTriplets
from vidgan.data.x4k1000fps import X4K1000FPS
from vidgan.errors import UserError
from vidgan.video.reader import BrokenFileError


@pytest.mark.parametrize("below", ["", "vimeo_triplet"])
def test_vimeo_triplets_follow_their_lists(tmp_path: Path, below: str) -> None:
    root, train = tmp_path / below, [f"00001/{number:04d}" for number in range(1, 9)]
    write(root / "sequences/00002/0001", 3, "im{}.png", first=1)
    (root / "tri_trainlist.txt").write_text("\n".join(train) + "\n")
    (root / "tri_testlist.txt").write_text("00002/0001\n\n")
    splits = VimeoTriplets().splits(tmp_path)
    assert sorted(names(splits.train) + names(splits.val)) == train
    assert len(splits.val) == 4
    (test,) = splits.test
    assert (test.name, test.size) == ("00002/0001", Size(3, 16, 16))
    np.testing.assert_array_equal(test.read(0, 3), moving(3, 16, 16))
    all_of_them = VimeoTriplets(validation=False).splits(tmp_path)
    assert (sorted(names(all_of_them.train)), names(all_of_them.val)) == (train, ["00002/0001"])
    with pytest.raises(BrokenFileError, match=r"sequences/00001/0003: there is no such folder of frames"):
        _ = next(source for source in all_of_them.train if source.name == "00001/0003").size
    (root / "tri_testlist.txt").unlink()
    with pytest.raises(UserError, match=r"tri_testlist\.txt: the data set's list of clips cannot be read"):
        VimeoTriplets().splits(tmp_path)


def test_vimeo_triplets_hold_out_64_of_51313(tmp_path: Path) -> None:
    (tmp_path / "sequences/00001/0001").mkdir(parents=True)
    train = [f"{number // 1000 + 1:05d}/{number % 1000 + 1:04d}" for number in range(51313)]
    (tmp_path / "tri_trainlist.txt").write_text("\n".join(train))
    (tmp_path / "tri_testlist.txt").write_text("00001/0001")
    splits = VimeoTriplets().splits(tmp_path)
    assert (len(splits.train), len(splits.val)) == (51313 - 64, 64)


def snu_film(root: Path, level: str, gap: int, place: str) -> Path:
    """A list of 310 triplets of one folder of 400 frames, of which 40 are there."""
    write(root / place / "GOPRO_test/GOPR0384_11_00", 40, "{:06d}.png", first=1)
    folder = "data/SNU-FILM/test/GOPRO_test/GOPR0384_11_00"
    lines = [" ".join(f"{folder}/{number + step:06d}.png" for step in (0, gap // 2, gap)) for number in range(1, 311)]
    (root / f"test-{level}.txt").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.parametrize("place", ["test", ".", "data/SNU-FILM/test"])
@pytest.mark.parametrize(("level", "gap"), [("easy", 2), ("medium", 4), ("hard", 8), ("extreme", 16)])
def test_snu_film_is_310_triplets_a_level(tmp_path: Path, level: str, gap: int, place: str) -> None:
    splits = SNUFILM(level=level).splits(snu_film(tmp_path, level, gap, place))
    assert (splits.train, len(splits.test), splits.val) == ([], 310, splits.test)
    assert splits.test[9].name == f"GOPRO_test/GOPR0384_11_00/{10 + gap // 2:06d}"
    assert splits.test[9].size == Size(3, 16, 16)
    frames = moving(40, 16, 16)
    np.testing.assert_array_equal(splits.test[9].read(0, 3), frames[[9, 9 + gap // 2, 9 + gap]])
    np.testing.assert_array_equal(splits.test[9].read(1, 1), frames[[9 + gap // 2]])


def test_an_index_tells_triplets_with_one_middle_apart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "a", 5, "{}.png")
    near, far = (
        NamedFrames("a/2", tmp_path / "a", [f"{number}.png" for number in of]) for of in ((1, 2, 3), (0, 2, 4))
    )
    index = Index(tmp_path, {})
    index.learn(near)
    assert index.recall(far) is None
    index.learn(far)
    assert index.recall(near) == index.recall(far) == near.probe()
    assert not caplog.messages


def test_snu_film_tells_what_is_missing(tmp_path: Path) -> None:
    root = snu_film(tmp_path, "hard", 8, "test")
    test = SNUFILM().splits(root).test
    with pytest.raises(UserError, match=r"GOPR0384_11_00/000041\.png: is missing and would be scored"):
        refuse_missing(test[:37])
    with pytest.raises(BrokenFileError, match=r"GOPR0384_11_00/000041\.png: there is no such frame; unpack"):
        _ = test[32].size
    with pytest.raises(UserError, match=r"test-easy\.txt: the data set's list of clips cannot be read"):
        SNUFILM(level="easy").splits(root)
    with pytest.raises(UserError, match=r"data\.layout\.level=hardest: SNU-FILM has easy, medium, hard, extreme"):
        SNUFILM(level="hardest")
    lines = (root / "test-hard.txt").read_text().splitlines()
    (root / "test-hard.txt").write_text("\n".join(lines[:-1]))
    with pytest.raises(UserError, match=r"test-hard\.txt: has 309 triplets of 310; unpack the list again"):
        SNUFILM().splits(root)


@pytest.mark.parametrize(
    "line",
    ["a/1.png a/2.png", "a/1.png b/2.png a/3.png", "../a/1.png ../a/2.png ../a/3.png", "/a/1.png /a/2.png /a/3.png"],
)
def test_a_line_of_snu_film_is_three_pictures_of_one_folder(tmp_path: Path, line: str) -> None:
    root = snu_film(tmp_path, "hard", 8, "test")
    (root / "test-hard.txt").write_text((root / "test-hard.txt").read_text().replace("\n", f"\n{line}\n", 1))
    with pytest.raises(UserError, match=r"test-hard\.txt: line 2, '.*', names no clip"):
        SNUFILM().splits(root)


def ucf101(root: Path) -> Path:
    """379 folders 1, 11, 21 ..., with a picture of a network's beside the triplet."""
    for index in range(379):
        folder = root / str(10 * index + 1)
        folder.mkdir(parents=True)
        for image, value in (("00", 10), ("01_gt", 20), ("01_ours", 99), ("02", 30)):
            cv2.imwrite(str(folder / f"frame_{image}.png"), np.full((4, 4, 3), value + index % 7, np.uint8))
    return root


@pytest.mark.parametrize("below", ["", "ucf101_interp_ours"])
def test_ucf101_is_379_triplets(tmp_path: Path, below: str) -> None:
    root = ucf101(tmp_path / below)
    splits = UCF101().splits(tmp_path)
    assert (splits.train, len(splits.test), splits.val) == ([], 379, splits.test)
    assert names(splits.test[:3]) == ["1", "11", "21"]
    assert splits.test[2].read(0, 3)[:, 0, 0, 0].tolist() == [12, 22, 32]
    (root / "21/frame_02.png").unlink()
    with pytest.raises(BrokenFileError, match=r"21/frame_02\.png: there is no such frame; unpack the data set again"):
        _ = UCF101().splits(tmp_path).test[2].size
    for image in (root / "21").iterdir():
        image.unlink()
    with pytest.raises(UserError, match=r"holds 378 triplets of 379; unpack it again"):
        UCF101().splits(tmp_path)


def x_test(root: Path) -> Path:
    for number in range(15):
        write(root / f"test/Type{number // 5 + 1}/TEST{number % 5 + 1:02d}_003", 33, "{:04d}.png", side=4)
    return root


def test_x_test_is_15_clips_of_33_frames(tmp_path: Path) -> None:
    root = x_test(tmp_path)
    splits = X4K1000FPS().splits(root)
    assert (splits.train, len(splits.test), names(splits.val)) == ([], 15, names(splits.test))
    assert (splits.test[5].name, splits.test[5].size) == ("Type2/TEST01_003", Size(33, 4, 4))
    write(root / "train/002/occ008.320_f2881", 65, "{:04d}.png", side=4)
    write(root / "val/Type1/TEST09", 33, "{:04d}.png", side=4)
    splits = X4K1000FPS().splits(root)
    assert (names(splits.train), names(splits.val)) == (["002/occ008.320_f2881"], ["Type1/TEST09"])
    assert splits.train[0].size == Size(65, 4, 4)
    (root / "test/Type2/TEST01_003/0032.png").unlink()
    with pytest.raises(BrokenFileError, match=r"TEST01_003: holds 32 frames of 33; unpack it again"):
        _ = X4K1000FPS().splits(root).test[5].size
    (root / "test/Type3/TEST05_003").rename(root / "elsewhere")
    with pytest.raises(UserError, match=r"test: holds 14 clips of 15; unpack it again"):
        X4K1000FPS().splits(root)


def test_named_frames_change_with_the_named_files_alone(tmp_path: Path) -> None:
    write(tmp_path / "a", 4, "{}.png")
    source = NamedFrames("a", tmp_path / "a", ["2.png", "0.png"])
    np.testing.assert_array_equal(source.read(0, 2), moving(4, 16, 16)[[2, 0]])
    identity = source.identity()
    (tmp_path / "a/3.png").unlink()
    assert NamedFrames("a", tmp_path / "a", ["2.png", "0.png"]).identity() == identity
    (tmp_path / "a/0.png").write_bytes((tmp_path / "a/1.png").read_bytes())
    assert NamedFrames("a", tmp_path / "a", ["2.png", "0.png"]).identity() != identity
