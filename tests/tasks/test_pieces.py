"""Clips that are scored piece by piece score as whole clips do, whatever makes them and whatever measures them."""

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from tests.inference.test_streaming import awake
from tests.media import moving, write_folder
from tests.tasks.denoising.test_task import Untouched
from vidgan.baselines.denoisers import denoisers
from vidgan.data.datamodule import ClipDataModule
from vidgan.degradations.base import Degradation
from vidgan.degradations.bicubic import Bicubic
from vidgan.degradations.noise import GaussianNoise
from vidgan.degradations.video_codec import VideoCodec
from vidgan.engine.adversarial import AdversarialTask, EngineSettings
from vidgan.engine.players import Player, Role
from vidgan.errors import UserError
from vidgan.generators.basicvsr import BasicVSR
from vidgan.generators.recurrent_denoiser import RecurrentDenoiser
from vidgan.generators.srvgg import SRVGGNetCompact
from vidgan.generators.tecogan import TecoGAN
from vidgan.metrics.base import Metric, SetMetric
from vidgan.metrics.flicker import Flicker, FlickerFactor
from vidgan.metrics.psnr import PSNR
from vidgan.metrics.sharpness import GradientRatio
from vidgan.metrics.ssim import SSIM
from vidgan.metrics.temporal import TOF, TemporalError, WarpingError
from vidgan.protocols.multi_sigma import MultiSigma
from vidgan.protocols.protocol import Protocol
from vidgan.tasks.denoising.task import Denoising
from vidgan.tasks.super_resolution.task import SuperResolution

FRAMES = {"a": 20, "b": 7}
SIZE = (32, 40)


class Whole(Metric):
    """Is given whole clips: the squared difference of the first and the last frame."""

    higher_is_better = False

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        return float((fake[0] - real[-1]).square().mean()) + len(fake)


class Brightness(SetMetric):
    """Of all frames of the test, that are given in whole clips."""

    higher_is_better = True

    def collect(self, fake: Tensor, real: Tensor) -> tuple[float, int]:
        return float(fake.sum()), len(fake)

    def combine(self, parts: list[tuple[float, int]]) -> float:
        return sum(total for total, _ in parts) / sum(count for _, count in parts)


def metrics() -> dict[str, Metric]:
    kinds = (PSNR, SSIM, GradientRatio, Flicker, FlickerFactor, TemporalError, TOF, WarpingError, Whole, Brightness)
    return {kind.__name__: kind() for kind in kinds}


def made(kind: type[AdversarialTask], generator: nn.Module, degradation: Degradation, **arguments: Any) -> Any:
    return kind(
        networks={"generator": awake(generator)},
        players={"generator": Player(Role.GENERATOR, ("generator",), torch.optim.Adam)},
        terms={},
        settings=EngineSettings(iterations=1, ema=None),
        degradation=degradation,
        **arguments,
    )


def scored(task: AdversarialTask, root: Path) -> tuple[dict[tuple[str, str], dict[str, float]], int]:
    """Scores by method and clip, those of all clips too, and how many pieces were scored."""
    data = ClipDataModule(str(root), batch_size=1, frames=1, patch=8)
    data.only_scored = True
    trainer = pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.test(task, data, verbose=False)
    assert isinstance(trainer.num_test_batches[0], int)
    by_clip = {(row.pop("method"), row.pop("clip")): row for row in task.rows}
    return by_clip | {(method, "all"): row for method, row in task.scores.items()}, trainer.num_test_batches[0]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two clips, read in pieces of eight frames and made and scored two frames at once."""
    for seed, (name, frames) in enumerate(FRAMES.items()):
        write_folder(tmp_path / name, moving(frames, *SIZE, seed=seed))
    pixels = SIZE[0] * SIZE[1]
    monkeypatch.setattr("vidgan.data.datasets._PIXELS", 8 * pixels)
    monkeypatch.setattr("vidgan.generators.base._PIXELS", 2 * pixels)
    monkeypatch.setattr("vidgan.protocols.tally._PIXELS", 2 * pixels)
    return tmp_path


CASES: dict[str, tuple[type[AdversarialTask], Any, Any, int]] = {
    "frame": (SuperResolution, lambda: SRVGGNetCompact(4, 4, 1), Bicubic, 3 + 1),
    "causal": (SuperResolution, lambda: TecoGAN(channels=4, blocks=1), Bicubic, 3 + 1),
    "bidirectional": (SuperResolution, lambda: BasicVSR(channels=4, blocks=1), Bicubic, 2),
    "window": (Denoising, lambda: Untouched(noise_map=False), GaussianNoise, 3 + 1),
    "memory and map": (Denoising, lambda: RecurrentDenoiser(4, 4, 1, 4), lambda: GaussianNoise((5, 9)), 3 + 1),
    "codec": (Denoising, lambda: Untouched(noise_map=False), VideoCodec, 2),
}


@pytest.mark.parametrize("case", CASES)
def test_pieces_score_as_whole_clips(case: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, generator, degradation, pieces = CASES[case]
    task = made(kind, generator(), degradation())
    if kind is Denoising:
        task.compare_to = ("noisy", "opencv_nlm")
    task.protocol = Protocol("p", "", metrics(), color="y", crop=2, skip_first=1, skip_last=2)
    streamed, count = scored(task, root)
    assert count == pieces
    monkeypatch.setattr(kind, "context", lambda self, with_baselines: None)
    monkeypatch.setattr("vidgan.generators.base._PIXELS", 1 << 30)
    monkeypatch.setattr("vidgan.protocols.tally._PIXELS", 1 << 30)
    whole, count = scored(task, root)
    assert count == 2
    # Convolutions of fewer frames at once may add up in another order: float32, then rounded to 8 bits by the protocol,
    # where a level more or less of some pixels shows in the fourth digit.
    for place, scores in whole.items():
        assert streamed[place] == pytest.approx(scores, rel=1e-3), place


def test_each_level_of_noise_is_scored_in_pieces(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = made(Denoising, RecurrentDenoiser(4, 4, 1, 4), GaussianNoise(), blind=True)
    levels = {"sigmas": [10, 40], "frames": 17, "metrics": {"psnr": PSNR(), "whole": Whole()}, "quantize": False}
    task.protocol = MultiSigma(name="p", follows="", **levels)
    task.compare_to = [name for name in ("noisy", "ffmpeg_hqdn3d") if name in denoisers()]
    streamed, count = scored(task, root)
    assert count == 3 + 1
    monkeypatch.setattr(Denoising, "context", lambda self, with_baselines: None)
    whole, count = scored(task, root)
    assert count == 2
    assert streamed["model", "a"].keys() == {"psnr_10", "psnr_40", "whole_10", "whole_40"}
    for place, scores in whole.items():
        # hqdn3d remembers the eight frames before a piece, not all: of noise, less than a level is left of the others.
        assert streamed[place] == pytest.approx(scores, rel=2e-2 if place[0] == "ffmpeg_hqdn3d" else 1e-4), place
    assert [streamed["model", name]["whole_10"] // 1 for name in FRAMES] == [17, 7]


@pytest.mark.parametrize(
    ("frames", "size", "cuts", "sentence"),
    [
        (1, SIZE, {}, "c would be scored: metrics over time need clips of at least 2 frames and this one has 1"),
        (
            4,
            SIZE,
            {"skip_first": 2, "skip_last": 2},
            "c would be scored: protocol p leaves nothing of a clip of 4 frames",
        ),
        (4, (32, 12), {"crop": 4}, "c would be scored: SSIM needs frames of at least 11 pixels a side"),
    ],
)
def test_a_clip_that_a_protocol_cannot_score_is_told_before_any_is_scored(
    root: Path, frames: int, size: tuple[int, int], cuts: dict[str, int], sentence: str
) -> None:
    write_folder(root / "c", moving(frames, *size))
    task = made(SuperResolution, SRVGGNetCompact(4, 4, 1), Bicubic())
    task.protocol = Protocol("p", "", {"ssim": SSIM(), "temporal_error": TemporalError()}, **cuts)
    with pytest.raises(UserError, match=sentence):
        scored(task, root)
    assert task.rows == []
