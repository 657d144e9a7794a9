"""Several data sets as one: how often each comes, what clips are called, and what is told."""

from pathlib import Path

import pytest
import torch

from tests.data.test_datamodule import assert_same, make, training
from tests.media import moving, write_folder
from vidgan.data.clip import Clip
from vidgan.data.datamodule import ClipDataModule, Loading
from vidgan.data.folder import AlignedFolders, Folder
from vidgan.data.mixture import Mixture
from vidgan.data.sampling import weighted
from vidgan.errors import UserError
from vidgan.randomness import mix


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two data sets: three clips and one, of the same names, each with a clip that validates."""
    for part, clips in (("many", 3), ("few", 1)):
        for number in range(clips):
            write_folder(tmp_path / f"{part}/train/{number}", moving(5, 40, 40, seed=number))
        write_folder(tmp_path / f"{part}/val/0", moving(3, 40, 40))
    return tmp_path


def mixture(**weights: float) -> Mixture:
    return Mixture({"many": Folder(), "few": Folder()}, weights)


def names(data: ClipDataModule, count: int) -> list[str]:
    return [data.training[number].names[0].partition("#")[0] for number in range(count)]


def test_each_data_set_comes_as_often_as_it_weighs(root: Path) -> None:
    found = names(make(root, layout=mixture(many=1, few=3), augmentation=None), 240)
    few = sum(name.startswith("few/") for name in found)
    assert few == pytest.approx(180, abs=20)  # three deviations of 6.7
    assert {*found} == {"few/0", "many/0", "many/1", "many/2"}
    assert {*names(make(root, layout=mixture(many=0, few=1), augmentation=None), 20)} == {"few/0"}


def test_weights_by_hand() -> None:
    bounds = [1.0, 1.0, 4.0]  # weights of 1, 0 and 3
    draws = [0, 2**60, 2**61, 2**63 - 1]  # below a quarter of all, and from it on
    assert [weighted(bounds, draw) for draw in draws] == [0, 0, 2, 2]


def test_workers_ranks_and_the_cache_change_no_sample(root: Path, tmp_path: Path) -> None:
    reference = training(make(root, layout=mixture(few=3)))
    assert_same(training(make(root, Loading(workers=2), layout=mixture(few=3))), reference)
    cache = Loading(cache_dir=str(tmp_path / "cache"))
    assert_same(training(make(root, cache, layout=mixture(few=3))), reference)
    ranks = [training(make(root, rank=rank, world_size=2, layout=mixture(few=3))) for rank in range(2)]
    assert_same([Clip.collate(shares) for shares in zip(*ranks, strict=True)], reference)


def test_all_validate_and_are_told_apart(root: Path) -> None:
    data = make(root, layout=mixture(many=1, few=3))
    assert [clip.names for clip in data.val_dataloader()] == [["many/0"], ["few/0"]]
    assert data.described()[0].endswith("(many 25%, few 75%)")


def test_what_is_aligned_stays_with_its_clip(tmp_path: Path) -> None:
    for part in ("a", "b"):
        for number in range(3):
            clip = moving(5, 40, 40, seed=number)
            write_folder(tmp_path / f"{part}/gt/{number}", clip)
            write_folder(tmp_path / f"{part}/low/{number}", clip[:, ::2, ::2])
    layouts = {part: AlignedFolders("gt", pictures={"low": "low"}) for part in ("a", "b")}
    for loading in (None, Loading(cache_dir=str(tmp_path / "cache"))):
        data = make(tmp_path, loading, layout=Mixture(layouts, {"a": 2}), augmentation=None, patch=24)
        batch = training(data)[0]
        assert torch.equal(batch.conditions["low"], batch.frames[..., ::2, ::2])
        assert all(name[:2] in ("a/", "b/") for name in batch.names)


def test_what_cannot_be_is_told(root: Path) -> None:
    for weights, told in (
        ({"fw": 1.0}, r"data\.layout\.weights\.fw: there is only many, few"),
        ({"few": -1.0}, "a weight is a number from 0 on"),
        ({"few": 0.0, "many": 0.0}, "nothing would be trained on"),
    ):
        with pytest.raises(UserError, match=told):
            mixture(**weights)
    with pytest.raises(UserError, match=r"data\.layout\.layouts names none"):
        Mixture(None)
    with pytest.raises(UserError, match="absent"):
        make(root, layout=Mixture({"many": Folder(), "absent": Folder()}))


def test_a_draw_follows_from_the_seed_and_the_number() -> None:
    counts = [0, 0]
    for number in range(1000):
        counts[weighted([1.0, 5.0], mix(7, number, "clip"))] += 1
    assert counts[0] == pytest.approx(200, abs=38)  # three deviations of 12.7
