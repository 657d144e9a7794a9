"""One's own clips with others that are aligned with them, to the pixel, in folders side by side."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.data.test_datamodule import make, training
from tests.media import moving, write_folder, write_video, write_zip
from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip
from vidgan.data.datamodule import ClipDataModule, Loading
from vidgan.data.folder import AlignedFolders, Folder
from vidgan.data.sources import FrameFolder, FrameZip, Size, VideoFile
from vidgan.data.splits import Splits
from vidgan.errors import UserError

MARK = (250, 10, 250)
LAYOUT = AlignedFolders("gt", pictures={"low": "lq"}, maps={"mask": "masks"})


def names(splits: Splits) -> list[list[str]]:
    return [[source.name for source in sources] for sources in (splits.train, splits.val, splits.test)]


def write(root: Path, clip: str, frames: int = 7, below: str = "", seed: int = 0) -> None:
    """Frames whose pixels are ``MARK`` where the mask says so and nowhere else, each third pixel of them, the mask."""
    clips = moving(frames, height=48, width=66, seed=seed)
    marked = np.random.default_rng(seed).random((frames, 48, 66)) < 0.2
    clips[(clips == MARK).all(-1)] = 0
    clips[marked] = MARK
    write_folder(root / "gt" / below / clip, clips)
    write_folder(root / "lq" / below / clip, clips[:, 1::3, 1::3])
    write_grey(root / "masks" / below / clip, marked.astype(np.uint8) * 255)


def write_grey(folder: Path, frames: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        assert cv2.imwrite(str(folder / f"mask{number}.png"), frame)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed, clip in enumerate("abcd"):
        write(tmp_path / "own", clip, seed=seed)
    return tmp_path / "own"


def assert_aligned(clip: Clip) -> None:
    frames, mark = clip.frames, torch.tensor(MARK).view(3, 1, 1)
    assert torch.equal(clip.conditions["mask"] == 255, (frames == mark).all(2, keepdim=True))
    assert torch.equal(clip.conditions["low"], frames[..., 1::3, 1::3])
    assert clip.aligned == {"low", "mask"}


def test_what_is_aligned_is_said(root: Path) -> None:
    data = make(root, layout=LAYOUT, patch=24)
    assert data.described()[0].startswith(f"train: 2 clips with low and mask of {root} (no folders say")
    assert "val: 1 clip with low and mask (" in data.described()[1]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("cached", [True, False])
def test_all_is_cropped_and_turned_in_step(root: Path, tmp_path: Path, cached: bool, workers: int) -> None:
    """Flips and turns keep the middle pixel of each 3 x 3 block in the middle."""
    loading = Loading(workers, str(tmp_path / "cache") if cached else None)
    data = make(root, loading, layout=LAYOUT, patch=24, augmentation=Augmentation(), eval_crop=40, eval_multiple=8)
    batches = training(data)
    for batch in (*batches, *data.val_dataloader(), *data.test_dataloader()):
        assert_aligned(batch)
    assert batches[0].conditions["mask"].shape == (4, 3, 1, 24, 24)
    assert len({name.partition("#")[0] for batch in batches for name in batch.names}) == 2
    assert not torch.equal(*(batch.conditions["mask"] for batch in batches[:2]))


def test_colors_change_and_maps_do_not(root: Path) -> None:
    plain, colored = (
        training(make(root, layout=LAYOUT, patch=24, augmentation=Augmentation(color_jitter=color)))
        for color in (0, 0.2)
    )
    for one, other in zip(plain, colored, strict=True):
        assert torch.equal(one.conditions["mask"], other.conditions["mask"])
        assert not torch.equal(one.conditions["low"], other.conditions["low"])


def test_pieces_and_excerpts_have_their_part(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidgan.data.datasets._PIXELS", 2 * 48 * 66)
    monkeypatch.setattr("vidgan.data.datasets._FRAMES", 1)
    data = make(root, layout=LAYOUT, patch=24)
    data.context = 1
    pieces = list(data.val_dataloader())
    assert [piece.place.new.stop for piece in pieces] == [2, 3, 3, 2]
    for piece in pieces:
        assert_aligned(piece)
    for clip in "abc":
        for folder in ("gt", "lq", "masks"):
            for path in (root / folder / clip).iterdir():
                path.unlink()
            (root / folder / clip).rmdir()
    data = make(root, layout=LAYOUT, patch=24, augmentation=Augmentation())
    assert names(data.splits) == [["d[0:6]"], ["d[6:7]"], ["d[6:7]"]]
    assert data.splits.val == data.splits.test, "the same source, looked into once"
    for batch in (*training(data), *data.val_dataloader()):
        assert_aligned(batch)


def test_shapes_are_known_before_any_frame_is_decoded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make(root, layout=LAYOUT, patch=24)
    sample, blank = data.training[0], data.blank()
    for name in ("low", "mask"):
        assert blank.conditions[name].shape == sample.conditions[name].shape
    largest = data.scored_piece()
    whole = next(iter(data.val_dataloader()))
    assert {name: part.shape for name, part in largest.conditions.items()} == {
        name: part.shape for name, part in whole.conditions.items()
    }


def as_video(folder: Path) -> None:
    frames = FrameFolder("", folder).read(0, 7)
    write_video(folder.with_suffix(".mp4"), frames)


def as_zip(folder: Path) -> None:
    write_zip(folder.with_suffix(".zip"), folder)


@pytest.mark.parametrize(("store", "kind"), [(as_video, VideoFile), (as_zip, FrameZip)])
def test_each_may_be_stored_in_its_own_way(root: Path, store: Callable[[Path], None], kind: type) -> None:
    for clip in "abcd":
        folder = root / "lq" / clip
        store(folder)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    splits = LAYOUT.splits(root)
    assert [len(part) for part in names(splits)] == [2, 1, 1]
    for source in (*splits.train, *splits.val, *splits.test):
        assert isinstance(source.others["low"], kind)
        assert source.scales == {"low": 3, "mask": 1}
        assert source.others["low"].name == source.name


@pytest.mark.parametrize("inside", [True, False])
def test_splits_lie_in_the_folders_or_around_them(tmp_path: Path, inside: bool) -> None:
    for split, clip in (("train", "a"), ("train", "b"), ("val", "c"), ("test", "c")):
        if inside:
            write(tmp_path, clip, below=split)
        else:
            write(tmp_path / split, clip)
    splits = LAYOUT.splits(tmp_path)
    assert names(splits) == [["a", "b"], ["c"], ["c"]]
    assert [source.name for source in LAYOUT.scored(tmp_path)] == ["c"]
    (source,) = splits.val
    other = source.others["low"]
    assert other.path == tmp_path / ("lq/val/c" if inside else "val/lq/c")
    assert other.size == Size(7, 16, 22)


def test_folders_may_be_clips_themselves(root: Path) -> None:
    layout = AlignedFolders("gt/a", {"low": "lq/a"})
    (source,) = layout.splits(root).train
    assert (source.name, source.scales) == ("a[0:6]", {"low": 3})


def remove(path: Path) -> None:
    for file in path.iterdir():
        file.unlink()
    path.rmdir()


def shorten(path: Path) -> None:
    (path / "frame_6.png").unlink()


def shrink(path: Path) -> None:
    frames = FrameFolder("", path).read(0, 7)
    write_folder(path, frames[:, :8, :11])


@pytest.mark.parametrize(
    ("change", "place", "told"),
    [
        (remove, "lq/b", r"own/gt/b: .*own/lq holds no clip of this name; add it, or take the clip away$"),
        (remove, "gt/b", r"own/lq/b: .*own/gt holds no clip of this name; add it, or take this one away$"),
        (
            shorten,
            "lq/b",
            r"own/lq/b: 6 frames of 22 x 16 pixels are not aligned with .*own/gt/b, 7 frames of 66 x",
        ),
        (shrink, "lq/b", r"own/gt/b: low goes into it 6 times, and into .*own/gt/. 3 times; it must be the same"),
    ],
)
def test_the_first_clip_that_does_not_fit_is_told(
    root: Path, change: Callable[[Path], None], place: str, told: str
) -> None:
    change(root / place)
    with pytest.raises(UserError, match=told):
        make(root, layout=LAYOUT, patch=24)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("gt",),
            r"nothing is aligned with data\.layout\.clips=gt: give 'data\.layout\.pictures=\{low: <folder>\}'",
        ),
        (("gt", {"low": "gt"}), r"data\.layout names a folder twice \(gt, gt\)"),
        (("gt", {"low": "lq"}, {"mask": "lq"}), r"data\.layout names a folder twice \(gt, lq, lq\)"),
        (("gt", {"low": "lq"}, {"low": "masks"}), "have a name in common"),
        (
            ("gt", {"real": "lq"}),
            r"data\.layout\.pictures\.real: expected a name of letters that is none of averaged, clip",
        ),
        (("gt", None, {"a b": "lq"}), r"data\.layout\.maps\.a b: expected a name of letters"),
        (("gt", {"low": "/lq"}), r"data\.layout\.pictures\.low=/lq: expected the name of a folder below data\.root"),
        (("gt", {"low": "../lq"}), r"data\.layout\.pictures\.low=\.\./lq: expected the name of a folder"),
        (("gt", {"low": 4}), r"data\.layout\.pictures\.low=4: expected the name of a folder below data\.root, as text"),
        ((".", {"low": "lq"}), r"data\.layout\.clips=\.: expected the name of a folder"),
        (
            ("gt", "lq"),
            r"data\.layout\.pictures=lq: expected folders by name, e\.g\. 'data\.layout\.pictures=",
        ),
    ],
)
def test_folders_that_cannot_be_used_are_refused(arguments: tuple[object, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        AlignedFolders(*arguments)


def test_missing_folders_are_told(root: Path) -> None:
    with pytest.raises(UserError, match=r"data\.root=.*own: has no folder hr; set data\.layout\.clips to that of"):
        AlignedFolders("hr", {"low": "lq"}).splits(root)
    with pytest.raises(UserError, match=r"own/x4: there is no such folder; name the one of low"):
        AlignedFolders("gt", {"low": "x4"}).splits(root)


def plain(root: Path, *clips: str, side: int = 48) -> Path:
    for clip in clips:
        write_folder(root / clip, moving(2, side, side))
    return root


LOW = r"data=aligned data\.root={} data\.layout\.clips={} 'data\.layout\.pictures=\{{low: {}\}}'"


@pytest.mark.parametrize(
    ("places", "small", "root", "whole", "part"),
    [
        (("gt/a", "gt/b"), ("lq/a", "lq/b"), "", "gt", "lq"),
        (("gt/a", "gt/b"), ("lq/b",), "", "gt", "lq"),
        (("HR/train/a", "HR/test/b"), ("LR/train/a", "LR/test/b"), "", "HR", "LR"),
        (("train/gt/a", "val/gt/b"), ("train/lq/a", "val/lq/b"), "", "gt", "lq"),
        (("deep/down/gt/a",), ("deep/down/lq/a",), "/deep/down", "gt", "lq"),
        (("full/a", "full/b"), ("quarter/a", "quarter/b"), "", "full", "quarter"),
        (("gt",), ("lq",), "", "gt", "lq"),
    ],
)
def test_folders_side_by_side_are_not_taken_for_clips(
    tmp_path: Path, places: tuple[str, ...], small: tuple[str, ...], root: str, whole: str, part: str
) -> None:
    plain(plain(tmp_path, *places), *small, side=12)
    expected = LOW.format(f"{tmp_path}{root}", whole, part)
    with pytest.raises(UserError, match=rf"{whole} and {part} hold clips of the same names, .* give {expected}, or"):
        Folder().splits(tmp_path)
    with pytest.raises(UserError, match=expected):
        Folder().scored(tmp_path)


def test_masks_are_not_taken_for_clips(tmp_path: Path) -> None:
    for clip in "ab":
        write_video(tmp_path / f"videos/{clip}.mp4", moving(2))
        write_folder(tmp_path / "masks" / clip, moving(2))
    with pytest.raises(UserError, match=r"data\.layout\.clips=videos 'data\.layout\.maps=\{mask: masks\}'"):
        Folder().splits(tmp_path)


@pytest.mark.parametrize(
    "clips",
    [
        ("monday/a", "monday/b", "tuesday/a", "tuesday/b"),
        ("low", "city", "beach"),
        ("masks/a", "masks/b", "party/c", "party/d", "party/e"),
        ("train/a", "train/b", "val/a", "test/b"),
    ],
)
def test_clips_of_like_names_are_clips(tmp_path: Path, clips: tuple[str, ...]) -> None:
    splits = Folder().splits(plain(tmp_path, *clips))
    assert sum(len(part) for part in (splits.train, splits.val, splits.test)) == len(clips)


def test_a_data_set_of_clips_is_not_looked_through_for_pairs(tmp_path: Path) -> None:
    plain(tmp_path, "a", "b", "c", side=48)
    plain(tmp_path, "d", side=12)
    assert ClipDataModule(str(tmp_path), 1, 2, 12).described()[0].startswith("train: 2 clips")
