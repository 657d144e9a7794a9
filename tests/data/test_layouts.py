"""Published layouts: miniature trees of each, with the splits that the literature reports."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from tests.media import moving, write_video
from vidgan.data.davis import DAVIS
from vidgan.data.fashion_video import FashionVideo
from vidgan.data.iper import IPER
from vidgan.data.kth import KTH
from vidgan.data.layout import Layout
from vidgan.data.reds import REDS
from vidgan.data.set8 import Set8
from vidgan.data.sources import Size, Source
from vidgan.data.splits import Splits
from vidgan.data.taichi import TaiChiHD
from vidgan.data.udm10 import UDM10
from vidgan.data.vid4 import Vid4
from vidgan.data.vimeo90k import Vimeo90K
from vidgan.data.youtube_vos import YouTubeVOS
from vidgan.errors import UserError
from vidgan.video.reader import BrokenFileError

OWN = ("aligned", "coded_clips", "mixture")  # of anybody's own clips or data sets
PUBLISHED = [
    path
    for path in sorted(Path("conf/data").glob("*.yaml"))
    if "layout" in OmegaConf.load(path) and path.stem not in OWN
]


def names(sources: list[Source]) -> list[str]:
    return [source.name for source in sources]


def write(
    folder: Path, count: int, template: str = "{:08d}.png", first: int = 0, side: int = 16, seed: int = 0
) -> None:
    folder.mkdir(parents=True)
    for number, frame in enumerate(moving(count, side, side, seed), start=first):
        assert cv2.imwrite(str(folder / template.format(number)), frame[..., ::-1])


def numbers(*ranges: range) -> list[str]:
    return [f"{number:03d}" for numbers in ranges for number in numbers]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_wrong_root_is_told_what_is_expected(path: Path, tmp_path: Path) -> None:
    layout: Layout = instantiate(OmegaConf.load(path).layout)
    write(tmp_path / "holiday", 1)
    for root in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError, match=rf"^{root}.*({layout.title}|data set's list)"):
            layout.splits(root)
    assert "/" in layout.tree or "folders" in layout.tree
    assert layout.homepage
    assert layout.terms


REDS_TRAIN = [name for name in numbers(range(240)) if name not in ("000", "011", "015", "020")]


def test_reds_is_236_clips_to_train_30_to_validate_and_reds4(tmp_path: Path) -> None:
    write(tmp_path / "train_sharp/000", 100)
    splits = REDS().splits(tmp_path)
    assert names(splits.test) == ["000", "011", "015", "020"]
    assert names(splits.val) == numbers(range(240, 270))
    assert names(splits.train) == REDS_TRAIN
    everything = REDS(validation=False).splits(tmp_path)
    assert names(everything.train) == [*REDS_TRAIN, *numbers(range(240, 270))]
    assert names(everything.val) == names(everything.test) == ["000", "011", "015", "020"]


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ("train_sharp/003", "train_sharp/241"),
        ("train_sharp/003", "val_sharp/001"),
        ("train/train_sharp/003", "val/val_sharp/001"),
    ],
)
def test_reds_is_read_as_published_and_as_regrouped(tmp_path: Path, train: str, val: str) -> None:
    write(tmp_path / train, 100, seed=1)
    write(tmp_path / val, 100, seed=2)
    splits = REDS().splits(tmp_path)
    for sources, name, seed in ((splits.train, "003", 1), (splits.val, "241", 2)):
        (found,) = (source for source in sources if source.name == name)
        assert found.size == Size(100, 16, 16)
        np.testing.assert_array_equal(found.read(98, 2), moving(100, 16, 16, seed)[98:])


def test_reds4_alone_is_enough_to_test_on_with_its_low_resolution(tmp_path: Path) -> None:
    for name in ("000", "011", "015", "020"):
        write(tmp_path / "GT" / name, 100)
        write(tmp_path / "sharp_bicubic" / name, 100, side=4, seed=3)
    source = REDS(low="bi").splits(tmp_path).test[3]
    assert source.scales == {"low": 4}
    np.testing.assert_array_equal(source.others["low"].read(5, 2), moving(100, 4, 4, seed=3)[5:7])


def test_reds_low_resolution_lies_in_x4(tmp_path: Path) -> None:
    write(tmp_path / "train_sharp/000", 100)
    write(tmp_path / "train_sharp_bicubic/X4/000", 100, side=4)
    write(tmp_path / "val/val_sharp_bicubic/X4/000", 100, side=4)
    splits = REDS(low="bi").splits(tmp_path)
    assert splits.test[0].size == Size(100, 16, 16)
    assert splits.val[0].others["low"].size == Size(100, 4, 4)
    with pytest.raises(UserError, match=r"data\.layout\.low=bd: REDS has bi; leave it null"):
        REDS(low="bd")


def vimeo(root: Path, train: list[str], test: list[str]) -> Path:
    for name in (*train, *test):
        write(root / "sequences" / name, 7, "im{}.png", first=1)
    (root / "sep_trainlist.txt").write_text("\n".join(train) + "\n")
    (root / "sep_testlist.txt").write_text("\n".join(test) + "\n\n")
    return root


def test_vimeo_follows_its_lists(tmp_path: Path) -> None:
    train = [f"00001/{number:04d}" for number in range(1, 9)]
    splits = Vimeo90K().splits(vimeo(tmp_path, train, ["00002/0001", "00081/0266"]))
    assert names(splits.test) == ["00002/0001", "00081/0266"]
    assert splits.test[1].size == Size(7, 16, 16)
    np.testing.assert_array_equal(splits.test[0].read(0, 7), moving(7, 16, 16))
    assert len(splits.val) == 4
    assert sorted(names(splits.train) + names(splits.val)) == train
    assert sorted(names(Vimeo90K(validation=False).splits(tmp_path).train)) == train


def test_vimeo_holds_out_64_clips(tmp_path: Path) -> None:
    (tmp_path / "sequences/00001/0001").mkdir(parents=True)
    train = [f"{number // 1000 + 1:05d}/{number % 1000 + 1:04d}" for number in range(64612)]
    (tmp_path / "sep_trainlist.txt").write_text("\n".join(train))
    (tmp_path / "sep_testlist.txt").write_text("00001/0001")
    splits = Vimeo90K().splits(tmp_path)
    assert (len(splits.train), len(splits.val)) == (64612 - 64, 64)
    assert names(splits.train)[:64] != names(splits.train)[-64:]
    assert not set(names(splits.train)) & set(names(splits.val))


@pytest.mark.parametrize(
    ("low", "folder"),
    [("bi", "vimeo_septuplet_matlabLRx4/sequences"), ("bd", "vimeo_septuplet_BDLRx4/sequences"), ("bd", "BDx4")],
)
def test_vimeo_low_resolution(tmp_path: Path, low: str, folder: str) -> None:
    vimeo(tmp_path / "vimeo_septuplet", ["00001/0001", "00001/0002"], ["00002/0001"])
    write(tmp_path / folder / "00002/0001", 7, "im{}.png", first=1, side=4)
    (source,) = Vimeo90K(low=low).splits(tmp_path).test
    assert source.scales == {"low": 4}


def test_a_list_that_names_no_clip_or_a_missing_one_is_told(tmp_path: Path) -> None:
    vimeo(tmp_path, ["00001/0001", "00001/0002"], ["00002/0001"])
    (tmp_path / "sep_testlist.txt").write_text("00002/0001\n00002/0007\n")
    with pytest.raises(BrokenFileError, match=r"sequences/00002/0007: there is no such folder of frames"):
        _ = Vimeo90K().splits(tmp_path).test[1].size
    (tmp_path / "sequences/00002/0001/im5.png").unlink()
    with pytest.raises(BrokenFileError, match=r"00002/0001: holds 6 frames of 7; unpack it again"):
        _ = Vimeo90K().splits(tmp_path).test[0].size
    (tmp_path / "sep_testlist.txt").write_text("00002/0001\n../../etc\n")
    with pytest.raises(UserError, match=r"sep_testlist\.txt: line 2, '\.\./\.\./etc', names no clip"):
        Vimeo90K().splits(tmp_path)
    (tmp_path / "sep_trainlist.txt").unlink()
    with pytest.raises(UserError, match=r"sep_trainlist\.txt: the data set's list of clips cannot be read"):
        Vimeo90K().splits(tmp_path)


VID4 = {"calendar": 41, "city": 34, "foliage": 49, "walk": 47}


@pytest.mark.parametrize(("low", "folder"), [("bi", "BIx4"), ("bd", "BDx4")])
def test_vid4_is_four_clips_to_test_on(tmp_path: Path, low: str, folder: str) -> None:
    for name, count in VID4.items():
        write(tmp_path / "GT" / name, count)
        write(tmp_path / folder / name, count, side=4)
    splits = Vid4(low=low).splits(tmp_path)
    assert {source.name: source.size.frames for source in splits.test} == VID4
    assert splits.val == splits.test
    assert splits.train == []


def test_low_resolution_that_does_not_belong_is_told(tmp_path: Path) -> None:
    for name, count in VID4.items():
        write(tmp_path / "GT" / name, count)
        write(tmp_path / "BIx4" / name, count, side=6)
    with pytest.raises(
        BrokenFileError,
        match=r"BIx4/city: 34 frames of 6 x 6 pixels are not aligned with .*GT/city, 34 .* 16 x 16",
    ):
        _ = Vid4(low="bi").splits(tmp_path).test[1].size


def test_udm10_is_ten_clips(tmp_path: Path) -> None:
    write(tmp_path / "GT/archpeople", 3)
    found = UDM10().splits(tmp_path).test
    assert len(found) == 10
    assert found[0].size.frames == 3


@pytest.mark.parametrize("place", [".", "gopro_540p"])
def test_set8_lies_flat_or_by_origin(tmp_path: Path, place: str) -> None:
    write(tmp_path / place / "rafting", 3)
    found = {source.name: source for source in Set8().splits(tmp_path).test}
    assert len(found) == 8
    assert found["rafting"].size.frames == 3


@pytest.mark.parametrize("layout", [FashionVideo(), TaiChiHD()], ids=lambda layout: layout.title)
def test_videos_of_persons_are_split_by_folder(tmp_path: Path, layout: Layout) -> None:
    for place in ("train/a", "train/b", "test/c"):
        write_video(tmp_path / f"{place}.mp4", moving(3, 16, 16))
    write(tmp_path / "test/d", 3)
    splits = layout.splits(tmp_path)
    assert [names(part) for part in (splits.train, splits.val, splits.test)] == [["a", "b"], ["c", "d"], ["c", "d"]]
    assert splits.test[0].size == Size(3, 16, 16)


@pytest.mark.parametrize("place", ["iPER_1024_video_release/{}.mp4", "{}.mp4", "images_HD/{}"])
def test_iper_follows_its_lists(tmp_path: Path, place: str) -> None:
    (tmp_path / "train.txt").write_text("001/1/1\n001/1/2\n")
    (tmp_path / "val.txt").write_text("013/2/1\n")
    if place.endswith("mp4"):
        write_video(tmp_path / place.format("013_2_1"), moving(3, 16, 16))
    else:
        write(tmp_path / place.format("013/2/1"), 3)
    splits = IPER().splits(tmp_path)
    assert names(splits.train) == ["001_1_1", "001_1_2"]
    assert names(splits.val) == names(splits.test) == ["013_2_1"]
    assert splits.test[0].size == Size(3, 16, 16)
    (tmp_path / "val.txt").write_text("013_2_1\n")
    with pytest.raises(UserError, match=r"val\.txt: line 1, '013_2_1', names no clip"):
        IPER().splits(tmp_path)


@pytest.mark.parametrize("place", ["walking/", ""])
def test_kth_is_599_videos_split_by_person(tmp_path: Path, place: str) -> None:
    write_video(tmp_path / f"{place}person02_walking_d3_uncomp.avi", moving(3, 16, 16))
    splits = KTH().splits(tmp_path)
    assert [len(part) for part in (splits.train, splits.val, splits.test)] == [8 * 24 - 1, 8 * 24, 9 * 24]
    people = [{source.name[:8] for source in part} for part in (splits.train, splits.val, splits.test)]
    assert len(set.union(*people)) == sum(map(len, people)) == 25
    assert "person13_handclapping_d3" not in names(splits.train)
    (found,) = (source for source in splits.test if source.name == "person02_walking_d3")
    assert found.size == Size(3, 16, 16)


def davis(root: Path, lists: dict[str, list[str]]) -> Path:
    (root / "ImageSets/2017").mkdir(parents=True)
    for split, clips in lists.items():
        (root / f"ImageSets/2017/{split}.txt").write_text("\n".join(clips))
        for name in clips:
            write(root / "JPEGImages/480p" / name, 2, "{:05d}.jpg")
    return root


@pytest.mark.parametrize("below", ["", "DAVIS"])
def test_davis_follows_its_lists(tmp_path: Path, below: str) -> None:
    davis(tmp_path / below, {"train": ["bear", "dog-agility"], "val": ["camel"], "test-dev": ["carousel"]})
    splits = DAVIS().splits(tmp_path)
    assert [names(part) for part in (splits.train, splits.val, splits.test)] == [
        ["bear", "dog-agility"],
        ["camel"],
        ["carousel"],
    ]
    assert names(DAVIS(validation=False).splits(tmp_path).train) == ["bear", "dog-agility", "camel"]
    assert splits.train[1].size == Size(2, 16, 16)


def test_davis_without_test_dev_tests_on_its_validation_clips(tmp_path: Path) -> None:
    splits: Splits = DAVIS().splits(davis(tmp_path, {"train": ["bear"], "val": ["camel"]}))
    assert names(splits.test) == ["camel"]


def test_youtube_vos_takes_the_clips_that_are_there(tmp_path: Path) -> None:
    """As unpacked; without the archive of the test the validation clips test."""
    for split, name in (("train", "003234408d"), ("train", "0043f083b5"), ("valid", "0062f687f1")):
        write(tmp_path / f"{split}_all_frames/JPEGImages/{name}", 2, "{:05d}.jpg")
    splits = YouTubeVOS().splits(tmp_path)
    assert sorted(names(splits.train)) == ["003234408d", "0043f083b5"]
    assert names(splits.val) == names(splits.test) == ["0062f687f1"]
    write(tmp_path / "test/JPEGImages/00f88c4f0a", 2, "{:05d}.jpg")
    assert names(YouTubeVOS().splits(tmp_path).test) == ["00f88c4f0a"]
    with pytest.raises(UserError, match="is not laid out as YouTube-VOS is; train_all_frames/JPEGImages"):
        YouTubeVOS().splits(tmp_path / "train_all_frames")
