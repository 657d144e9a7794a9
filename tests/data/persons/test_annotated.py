"""Published lists of pairs: miniature trees of each data set, and every mistake in them told in one sentence."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vidgan.data.persons.annotated import AnnotatedPersons, PictureReader
from vidgan.data.persons.deepfashion import DeepFashion
from vidgan.data.persons.lists import Pair, PairLists, Pairs, read_pairs
from vidgan.data.persons.market1501 import Market1501
from vidgan.errors import UserError
from vidgan.pose.maps import disc_maps
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.video.reader import BrokenFileError

POINTS = np.stack([np.linspace(6, 40, 18), np.linspace(4, 120, 18)], axis=1).round()  # x, y


def write(root: Path, names: list[str], split: str, prefix: str, size: tuple[int, int], pairs: str = "pairs") -> None:
    """Pictures whose left half is dark, one annotation with a missing point, and each picture paired with the next."""
    (root / split).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        frame = np.full((*size, 3), 200, np.uint8)
        frame[:, : size[1] // 2] = 10 * (number % 15)
        assert cv2.imwrite(str(root / split / name), frame)
    x, y = POINTS.T.astype(int).tolist()
    x[4] = y[4] = -1
    rows = [f"{name}:{y}:{x}" for name in names]
    (root / f"{prefix}annotation-{split}.csv").write_text("\n".join(["name:keypoints_y:keypoints_x", *rows]))
    listed = [f"{source},{target}" for source, target in zip(names, names[1:] + names[:1], strict=True)]
    (root / f"{prefix}{pairs}-{split}.csv").write_text("\n".join(["from,to", *listed]))


def market(root: Path) -> AnnotatedPersons:
    training = [f"{person:04d}_c1s1_{number:06d}_01.png" for person in range(80) for number in (1, 2)]
    write(root, training, "train", "market-", (128, 64))
    write(root, ["0900_c1s1_000001_01.png", "0900_c2s1_000002_01.png"], "test", "market-", (128, 64))
    return AnnotatedPersons(str(root), Market1501(), batch_size=2, height=128, width=64)


def test_market_reads_pairs_key_points_and_masks(tmp_path: Path) -> None:
    test = market(tmp_path).evaluated("test")
    clip = test[0]
    assert len(test) == 2
    assert clip.names == ["0900_c1s1_000001_01 to 0900_c2s1_000002_01"]
    assert clip.frames.shape == clip.conditions["source"].shape == (1, 1, 3, 128, 64)
    assert clip.frames[0, 0, 0, 0, 0] == 10  # the second picture is the target
    assert clip.conditions["source"][0, 0, 0, 0, 0] == 0
    points = clip.keypoints[0, 0]
    assert points[4].isnan().all()
    torch.testing.assert_close(points[5], torch.tensor(POINTS[5], dtype=torch.float32))
    assert clip.conditions["mask"][0, 0, 0, int(POINTS[9, 1]), int(POINTS[9, 0])] == 255
    assert clip.conditions["mask"][0, 0, 0, 127, 63] == 0
    torch.testing.assert_close(clip.conditions["wrong_keypoints"], test[1].keypoints, equal_nan=True)


def test_training_persons_and_validation_persons_are_others(tmp_path: Path) -> None:
    data = market(tmp_path)
    persons = {}
    for split in ("train", "val"):
        pairs = data.lists.read(tmp_path, split).pairs
        persons[split] = {data.lists.identity(pair.target) for pair in pairs}
    assert persons["train"].isdisjoint(persons["val"])
    assert len(persons["train"] | persons["val"]) == 79 + 2, "each stranger, 0000, is a person of its own"
    assert 1 <= len(persons["val"]) <= 6


@pytest.mark.parametrize("prefix", ["fasion-resize-", "fashion-resize-"])
def test_deepfashions_lists_have_two_spellings(tmp_path: Path, prefix: str) -> None:
    write(tmp_path, ["fashionMENTeesid1_1front.png", "fashionMENTeesid1_2side.png"], "test", prefix, (256, 176))
    data = AnnotatedPersons(str(tmp_path), DeepFashion(), batch_size=1, height=256, width=256)
    clip = data.evaluated("test")[0]
    assert clip.frames.shape == (1, 1, 3, 256, 256)
    assert (clip.frames[..., :40] == 255).all()
    assert (clip.frames[..., 216:] == 255).all()
    assert (clip.frames[..., 40] == 10).all()
    assert clip.keypoints[0, 0, 5].tolist() == [POINTS[5, 0] + 40, POINTS[5, 1]]
    narrow = AnnotatedPersons(str(tmp_path), DeepFashion(), batch_size=1, height=256, width=100).evaluated("test")[0]
    assert narrow.keypoints[0, 0, 5].tolist() == [POINTS[5, 0] - 38, POINTS[5, 1]]
    assert torch.equal(narrow.frames, clip.frames[..., 78:178])


def test_pidms_lists_name_the_target_first(tmp_path: Path) -> None:
    path = tmp_path / "test_pairs.txt"
    path.write_text("target.jpg,source.jpg\n")
    assert read_pairs(path) == [Pair(source="source.jpg", target="target.jpg")]
    path.write_text("to,from\ntarget.jpg, source.jpg\n\n")
    assert read_pairs(path) == [Pair("source.jpg", "target.jpg")]
    names = ["fashionMENTeesid1_1front.png", "fashionMENTeesid1_2side.png"]
    write(tmp_path, names, "test", "fashion-resize-", (256, 176))
    (tmp_path / "fashion-resize-pairs-test.csv").unlink()
    path.write_text(",".join(names))
    assert DeepFashion().read(tmp_path, "test").pairs == [Pair(names[1], names[0])]


def reader(tmp_path: Path) -> PictureReader:
    frame = np.zeros((128, 64, 3), np.uint8)
    frame[:, :20] = 250
    assert cv2.imwrite(str(tmp_path / "a.png"), frame)
    points = POINTS.astype(np.float32)
    return PictureReader(Pairs(tmp_path, [Pair("a.png", "a.png")], {"a.png": points}, tmp_path / "a.csv"), 128, 64)


def test_trap_a_mirrored_picture_has_left_and_right_swapped(tmp_path: Path) -> None:
    """Maps of mirrored key points are the mirrored maps with left and right channels swapped, not without."""
    read = reader(tmp_path)
    plain, mirrored = read("a.png"), read("a.png", mirrored=True)
    assert np.array_equal(mirrored.frame, plain.frame[:, ::-1])
    maps, expected = (disc_maps(torch.from_numpy(person.keypoints), (128, 64)) for person in (mirrored, plain))
    flipped = expected.flip(-1)
    assert torch.equal(maps, flipped[OPENPOSE_18.swap])
    assert not torch.equal(maps, flipped)
    x, y = mirrored.keypoints.T.astype(int)
    assert (mirrored.mask[y, x] == 255).all()


def test_half_of_the_training_samples_are_mirrored_by_their_number(tmp_path: Path) -> None:
    samples = market(tmp_path).training
    left = [int(samples[number].frames[0, 0, 0, 0, 0]) for number in range(60)]
    assert 15 < sum(value == 200 for value in left) < 45
    assert [int(samples[number].frames[0, 0, 0, 0, 0]) for number in range(60)] == left
    plain = AnnotatedPersons(str(tmp_path), Market1501(), 2, 128, 64, mirror=False).training
    assert all(int(plain[number].frames[0, 0, 0, 0, -1]) == 200 for number in range(5))


def test_shapes_are_known_without_reading(tmp_path: Path) -> None:
    data = market(tmp_path)
    sample, blank = data.training[0], AnnotatedPersons("nowhere", Market1501(), 2, 128, 64).blank()
    for name, part in sample.conditions.items():
        assert blank.conditions[name].shape == part.shape
    for name in ("frames", "keypoints"):
        assert getattr(blank, name).shape == getattr(sample, name).shape


def remove_pairs(root: Path) -> None:
    (root / "market-pairs-test.csv").unlink()


def misspell_annotation(root: Path) -> None:
    (root / "market-annotation-test.csv").rename(root / "market-anotation-test.csv")


def annotate_one(root: Path) -> None:
    path = root / "market-annotation-test.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:2]))


def x_first(root: Path) -> None:
    path = root / "market-annotation-test.csv"
    path.write_text(path.read_text().replace("keypoints_y:keypoints_x", "keypoints_x:keypoints_y"))


def remove_picture(root: Path) -> None:
    (root / "test" / "0900_c2s1_000002_01.png").unlink()


def break_pairs(root: Path) -> None:
    (root / "market-pairs-test.csv").write_text("from,to\none.png\n")


def empty_pairs(root: Path) -> None:
    (root / "market-pairs-test.csv").write_text("from,to\n")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (remove_pairs, "Market-1501 needs market-pairs-test.csv or market-test_pairs.txt there; set data.root"),
        (misspell_annotation, "needs market-annotation-test.csv there"),
        (annotate_one, "market-annotation-test.csv: has no key points of 0900_c2s1_000002_01.png, which the list"),
        (x_first, "its first line must be name:keypoints_y:keypoints_x"),
        (remove_picture, "test: has no 0900_c2s1_000002_01.png; unpack the pictures"),
        (break_pairs, "market-pairs-test.csv, line 2: two names of pictures are expected"),
        (empty_pairs, "Market-1501 has no pair to test"),
    ],
)
def test_what_is_wrong_with_the_lists_is_said(tmp_path: Path, spoil: Callable[[Path], None], sentence: str) -> None:
    data = market(tmp_path)
    spoil(tmp_path)
    with pytest.raises(UserError) as told:
        data.prepare_data()  # before training, although it is the test list
    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


def test_key_points_of_pictures_of_another_size_are_refused(tmp_path: Path) -> None:
    read = reader(tmp_path)
    read.pairs.keypoints["a.png"][7] = (64, 20)
    with pytest.raises(UserError, match="at x 64, y 20 lies outside of the picture of 64 x 128 pixels"):
        read("a.png")


def test_pictures_of_another_height_and_broken_ones_are_named(tmp_path: Path) -> None:
    read = reader(tmp_path)
    read.height = 256
    with pytest.raises(UserError, match=r"a.png: is 64 x 128 pixels and data.height=256"):
        read("a.png")
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(BrokenFileError, match=r"a.png: cannot be read as an image"):
        read("a.png")


@pytest.mark.parametrize(
    ("lists", "picture", "person"),
    [
        (Market1501(), "0002_c1s1_000451_03.jpg", "0002"),
        (DeepFashion(), "fashionWOMENTees_Tanksid0000762403_4full.jpg", "fashionWOMENTees_Tanksid0000762403"),
    ],
)
def test_persons_are_told_by_the_names_of_their_pictures(lists: PairLists, picture: str, person: str) -> None:
    assert lists.identity(picture) == person


def test_pairs_lists_with_other_columns_and_pictures_of_nobody(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(",from,to\n0,source.jpg,target.jpg\n")
    assert read_pairs(path) == [Pair("source.jpg", "target.jpg")]
    path.write_text("a.jpg,b.jpg,c.jpg\n")
    with pytest.raises(UserError, match="line 1: two names of pictures are expected"):
        read_pairs(path)
    data = market(tmp_path)
    annotation = next(tmp_path.glob("*annotation-test.csv"))
    header, first, *rest = annotation.read_text().splitlines()
    nobody = f"{first.partition(':')[0]}:{[-1] * 18}:{[-1] * 18}"
    annotation.write_text("\n".join([header, nobody, *rest]) + "\n")
    with pytest.raises(UserError, match=r"annotation-test\.csv: all key points of .* are missing"):
        data.lists.read(tmp_path, "test")
