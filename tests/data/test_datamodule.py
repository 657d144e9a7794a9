"""Batches: the same for every number of workers and devices, resumed or not, cached or not; broken files are named."""

import logging
import os
import resource
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from tests.media import damage, moving, write_folder, write_video
from vidgan.data.augmentation import Augmentation
from vidgan.data.clip import Clip
from vidgan.data.datamodule import ClipDataModule, ClipLoader, Loading
from vidgan.data.datasets import WholeClips
from vidgan.data.layout import Layout, clip
from vidgan.data.sources import Source
from vidgan.data.splits import Splits
from vidgan.errors import UserError
from vidgan.randomness import mix


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(3):
        write_video(tmp_path / f"clips/train/video{number}.mp4", moving(12, seed=number), g="4")
    write_folder(tmp_path / "clips/val/frames", moving(5, height=50, width=70))
    write_video(tmp_path / "clips/val/video.mp4", moving(9, seed=4))
    return tmp_path / "clips"


def make(
    root: Path, loading: Loading | None = None, rank: int = 0, world_size: int = 1, **arguments: Any
) -> ClipDataModule:
    settings = {"batch_size": 4, "frames": 3, "patch": 32, "augmentation": Augmentation(color_jitter=0.1), "seed": 7}
    data = ClipDataModule(str(root), **{**settings, **arguments}, loading=loading)
    data.trainer = SimpleNamespace(
        max_steps=4, global_step=0, global_rank=rank, world_size=world_size, state=SimpleNamespace(fn="fit")
    )
    data.prepare_data()
    return data


def training(data: ClipDataModule) -> list[Clip]:
    return list(data.train_dataloader())


def error_of(loader: ClipLoader) -> str:
    """The text alone: a kept traceback would keep the loader's workers too."""
    try:
        list(loader)
    except UserError as error:
        return str(error)
    raise AssertionError("no error")


def assert_same(first: list[Clip], second: list[Clip]) -> None:
    for one, other in zip(first, second, strict=True):
        assert one.names == other.names
        assert torch.equal(one.seeds, other.seeds)
        assert torch.equal(one.frames, other.frames)


def test_workers_ranks_and_cache_change_no_sample(root: Path, tmp_path: Path) -> None:
    reference = training(make(root))
    assert [clip.frames.shape for clip in reference] == [(4, 3, 3, 32, 32)] * 4
    assert_same(training(make(root, Loading(workers=2))), reference)
    assert_same(training(make(root, Loading(cache_dir=str(tmp_path / "cache")))), reference)
    ranks = [training(make(root, rank=rank, world_size=2)) for rank in range(2)]
    assert_same([Clip.collate(shares) for shares in zip(*ranks, strict=True)], reference)


def test_sample_is_drawn_again_by_the_number_in_its_name(root: Path) -> None:
    data = make(root)
    batch = training(data)[2]
    number = int(batch.names[1].rpartition("#")[2])
    assert number == 2 * 4 + 1
    assert torch.equal(data.training[number].frames[0], batch.frames[1])


def test_seed_changes_the_samples(root: Path) -> None:
    assert not torch.equal(training(make(root))[0].frames, training(make(root, seed=8))[0].frames)


def test_whole_clips_are_shared_by_ranks_and_fixed_by_name(root: Path) -> None:
    whole = list(make(root, eval_frames=7, eval_crop=48, eval_multiple=8).val_dataloader())
    assert [(clip.names, tuple(clip.frames.shape)) for clip in whole] == [
        (["frames"], (1, 5, 3, 48, 48)),
        (["video"], (1, 7, 3, 48, 48)),
    ]
    assert whole[0].seeds.tolist() == [mix("frames")]
    expected = torch.from_numpy(moving(5, height=50, width=70)[:, 1:49, 11:59]).permute(0, 3, 1, 2)
    assert torch.equal(whole[0].frames[0], expected)
    ranks = [list(make(root, rank=rank, world_size=3).val_dataloader()) for rank in range(3)]
    names = [[clip.names[0] for clip in clips] for clips in ranks]
    assert names == [["frames"], ["video"], ["frames"]]  # a third rank scores the first clip again, and it counts once


def test_pieces_cover_each_clip_once_and_see_their_neighbours(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidgan.data.datasets._PIXELS", 4 * 48 * 64 + 1)  # 4 frames of the video, 3 of the folder
    monkeypatch.setattr("vidgan.data.datasets._FRAMES", 1)
    whole = {clip.names[0]: clip for clip in make(root).val_dataloader()}
    for workers in (0, 2):
        data = make(root, Loading(workers=workers))
        data.context = 2
        pieces = list(data.val_dataloader())
        assert len(pieces) == len(data.val_dataloader()) == 2 + 3
        for name, entire in whole.items():
            own = [piece for piece in pieces if piece.names == [name]]
            assert all(piece.seeds.tolist() == entire.seeds.tolist() for piece in own)
            assert torch.equal(torch.cat([piece.frames[:, piece.place.new] for piece in own], dim=1), entire.frames)
            for place in (piece.place for piece in own):
                assert place.total == entire.frames.shape[1]
                assert place.start == max(0, place.first - 2)
            for piece in own:
                seen = entire.frames[:, piece.place.start : piece.place.last + 2]
                assert torch.equal(piece.frames, seen)


def test_what_is_held_out_and_what_is_scored_is_told(root: Path) -> None:
    data = make(root, eval_frames=4, eval_crop=40)
    cut = ", of each the first 4 frames and 40 x 40 pixels of the middle at most"
    assert data.described() == [
        f"train: 3 clips of {root} (there is no folder test: validation and test are the same clips)",
        f"val: 2 clips (frames, video){cut}",
        f"test: 2 clips (frames, video){cut}",
    ]
    given = ClipDataModule(str(root / "train"), 4, 3, 32)
    given.only_scored = True
    assert given.described() == [f"3 clips (video0, video1, video2) of {root / 'train'} scored"]
    assert [tuple(clip.frames.shape[1:]) for clip in given.test_dataloader()] == 3 * [(12, 3, 48, 64)]
    for spare in ("video1", "video2"):
        (root / f"train/{spare}.mp4").unlink()
    assert make(root).described()[0].startswith(f"train: 1 clip of {root} (")


@pytest.mark.parametrize("workers", [0, 2])
def test_damaged_video_is_redrawn_in_training_and_an_error_in_evaluation(
    root: Path, workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    for split in ("train", "val"):
        damage(write_video(root / split / "torn.mp4", moving(48, seed=9), g="8"))
    data = make(root, Loading(workers=workers))
    drawn = [name for clip in training(data) for name in clip.names]
    assert len(drawn) == 16
    with caplog.at_level(logging.WARNING):
        data.teardown("fit")
    count = int(data.training.damaged.sum())
    assert count > 0
    assert (
        f"{count} samples were drawn again, for damaged files: {root / 'train' / 'torn.mp4'} ({count})" in caplog.text
    )
    message = error_of(data.val_dataloader())
    assert message.startswith(f"{root / 'val' / 'torn.mp4'}: cannot be read as video")
    assert "\n" not in message


def test_too_little_shared_memory_is_told(root: Path) -> None:
    """As in a container; a limit on the size of files is one on shared memory, too. Without workers none is needed."""
    few, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most))
    try:
        message = error_of(make(root, Loading(workers=1)).val_dataloader())
        assert len(list(make(root).val_dataloader())) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (few, most))
    assert message.startswith("the loader's workers get no shared memory (")
    assert message.endswith("or set machine.workers=0")


def test_a_killed_worker_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the system, most often: memory is short."""
    monkeypatch.setattr(WholeClips, "__getitem__", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    assert error_of(make(root, Loading(workers=1)).val_dataloader()).startswith("a loader worker was killed")


def test_unusable_clips_are_counted_and_named_in_training(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (root / "train/broken.mp4").write_text("not a video")
    write_video(root / "train/short.mp4", moving(2))
    write_video(root / "train/small.mp4", moving(9, height=16, width=16))
    with caplog.at_level(logging.WARNING):
        names = {name.partition("#")[0] for clip in training(make(root)) for name in clip.names}
    assert names == {"video0", "video1", "video2"}
    assert "3 of 6 clips are skipped in training" in caplog.text
    assert "broken.mp4: cannot be read as video" in caplog.text
    assert "short.mp4: 2 frames, data.frames=3 are needed" in caplog.text
    assert "small.mp4: 16 x 16 pixels, less than data.patch=32" in caplog.text


def test_nothing_left_to_train_on_is_refused(root: Path) -> None:
    with pytest.raises(UserError, match=r"none of 3 clips .*video0\.mp4: 64 x 48 pixels, less than data\.patch=200"):
        training(make(root, patch=200))


def test_clip_too_small_to_evaluate_is_refused(root: Path) -> None:
    with pytest.raises(UserError, match=r"frames: 70 x 50 pixels, at least 64 are needed"):
        list(make(root, eval_multiple=64).val_dataloader())


class Recorder(pl.LightningModule):
    """Counts iterations as they come, and keeps the batches it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen: list[Clip] = []

    def training_step(self, batch: Clip, batch_idx: int) -> None:
        self.seen.append(batch)
        self.optimizers().step()

    def validation_step(self, batch: Clip, batch_idx: int) -> None:
        assert batch.frames.is_floating_point()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD([self.weight], 0.1)


@pytest.mark.parametrize("workers", [0, 2])
def test_resumed_fit_goes_on_with_the_same_samples(root: Path, tmp_path: Path, workers: int) -> None:
    def fit(steps: int, resume: Path | None = None) -> list[Clip]:
        data = ClipDataModule(str(root), batch_size=2, frames=2, patch=16, loading=Loading(workers=workers))
        trainer = pl.Trainer(
            max_steps=steps,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
        model = Recorder()
        trainer.fit(model, data, ckpt_path=resume)
        trainer.save_checkpoint(tmp_path / f"{steps}.ckpt")
        return model.seen

    whole = fit(6)
    assert whole[0].frames.max() <= 1
    assert_same(fit(4), whole[:4])
    assert_same(fit(6, resume=tmp_path / "4.ckpt"), whole[4:])


class Pairs(Layout):
    """Clip ``a`` with its low resolution, each third pixel of it, in every split."""

    title, homepage, terms, tree = "pairs", "", "", "a"

    def published(self, root: Path) -> Splits:
        clips: list[Source] = [clip("a", root / "a", 5, root / "low")]
        return Splits(clips, clips, clips)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    frames = moving(5, height=48, width=66)
    write_folder(tmp_path / "a", frames)
    write_folder(tmp_path / "low", frames[:, 1::3, 1::3])
    return tmp_path


@pytest.mark.parametrize("cached", [True, False])
def test_low_resolution_is_cut_and_turned_with_its_clip(pairs: Path, tmp_path: Path, cached: bool) -> None:
    """Flips and turns keep the middle pixel of each 3 x 3 block in the middle."""
    loading = Loading(cache_dir=str(tmp_path / "cache") if cached else None)
    data = make(pairs, loading, layout=Pairs(), patch=24, augmentation=Augmentation(), eval_crop=40, eval_multiple=8)
    batches = training(data)
    for batch in (*batches, *data.val_dataloader()):
        assert torch.equal(batch.conditions["low"], batch.frames[..., 1::3, 1::3])
    assert batches[0].frames.shape == (4, 3, 3, 24, 24)
    whole = next(iter(data.test_dataloader()))
    assert whole.frames.shape == (1, 5, 3, 24, 24)  # the largest multiple of 3 and 8 within 40
    assert whole.to_float().conditions["low"].max() <= 1


def test_patch_that_does_not_divide_into_low_pixels_is_told(pairs: Path) -> None:
    with pytest.raises(UserError, match=r"a: low is 3 times smaller, and data\.patch=32 does not divide by that"):
        training(make(pairs, layout=Pairs(), patch=32))


def test_a_test_set_is_not_trained_on_and_a_training_set_not_tested_on(pairs: Path) -> None:
    class Empty(Pairs):
        def published(self, root: Path) -> Splits:
            return Splits([], super().published(root).val, [])

    with pytest.raises(UserError, match="no clip to train on, it is for tests; choose another one by data=<name>"):
        make(pairs, layout=Empty())
    with pytest.raises(UserError, match="no clip to evaluate on"):
        ClipDataModule(str(pairs), 4, 3, 32, layout=Empty()).test_dataloader()


def test_of_many_unusable_clips_five_are_named(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(7):
        (root / f"train/broken{number}.mp4").write_text("not a video")
    training(make(root))
    (message,) = (record.message for record in caplog.records if "skipped" in record.message)
    assert message.count("cannot be read") == 5
    assert message.endswith("; and 2 more")


def test_a_missing_test_clip_is_told_before_training(pairs: Path) -> None:
    class Missing(Pairs):
        def published(self, root: Path) -> Splits:
            splits = super().published(root)
            return Splits(splits.train, splits.val, [clip("b", root / "b")])

    with pytest.raises(UserError, match=r"b: is missing and would be scored; see vidgan-data check"):
        make(pairs, layout=Missing())
