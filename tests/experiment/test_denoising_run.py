"""A trained denoiser as a user has it: levels given or estimated, on videos and on test clips."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig

from tests.media import moving, write_video
from vidgan.errors import UserError
from vidgan.experiment.evaluation import evaluate
from vidgan.experiment.prediction import predict
from vidgan.experiment.training import train
from vidgan.video.reader import iterate, probe

Composed = Callable[..., DictConfig]
HERE = ["machine=cpu", "machine.workers=0", "machine.progress=false"]


@pytest.fixture
def run(composed: Composed, tmp_path: Path) -> str:
    """The id of a denoiser that has been trained for one iteration on one video, which is seen in tests too."""
    write_video(tmp_path / "clips" / "a.mp4", moving(40, 40, 40))
    network = ["channels=4", "deep_channels=4", "blocks=1", "gate_channels=4"]
    short = ["data.batch_size=1", "data.frames=2", "data.patch=16", "data.eval_frames=4", "engine.iterations=1"]
    folder = train(
        composed(
            "experiments=denoising/quickstart",
            "data=folder",
            f"data.root={tmp_path}/clips",
            "tracking=disabled",
            "~networks.discriminator",
            "~players.discriminator",
            "~losses.adversarial",
            "validation.every=null",
            "players.generator.optimizer.lr=1e-5",
            *(f"networks.generator.{item}" for item in network),
            *short,
            *HERE,
        )
    )
    return folder.id


MISTAKEN = (
    ("task.blnd=true", r"task\.blnd: .* did you mean 'blind'"),
    ("task.blind=perhaps", r"task\.blind=perhaps: expected true or false"),
    ("degradation.sigma=[500,500]", r"degradation\.sigma=\[500,500\]: expected a number from 0 to 255"),
    ("engine.ema=1", r"engine is no part of a score; there are task, data, degradation, protocol"),
    ("blind=true", r"blind=true: expected <part>\.<key>=value"),
    ("task.blind", r"task\.blind: expected key=value"),
    ("task.network.depth=1", r"the experiment has no task\.network"),
)


def test_predict_and_evaluate(run: str, composed: Composed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).normal(0, 25, (10, 42, 50, 3))
    noisy = np.clip(np.full((10, 42, 50, 3), 128) + noise, 0, 255).astype(np.uint8)
    given = write_video(tmp_path / "noisy.mp4", noisy, crf="1")

    def clean(*overrides: str) -> np.ndarray:
        out = tmp_path / "clean.mp4"
        predict(
            composed(
                f"run={run}", f"input={given}", f"output={out}", "overwrite=true", *HERE, *overrides, command="predict"
            )
        )
        assert probe(out).frames == 10
        return np.stack(list(iterate(out)))

    clean()
    assert "noise level" in capsys.readouterr().out
    told = clean("sigma=25")
    assert "noise level" not in capsys.readouterr().out
    # As little as the mean of four pixels halves white noise; the encoding takes some of it, too, but from both.
    assert told.std() < 0.5 * np.stack(list(iterate(given))).std()
    with pytest.raises(UserError, match=r"sigma=-3\.0: expected a number from 0 to 255"):
        clean("sigma=-3")

    def scores(*overrides: str) -> dict[str, dict[str, float]]:
        return evaluate(composed(f"run={run}", "tracking=disabled", *HERE, *overrides, command="evaluate"))

    low = scores("overrides=['degradation.sigma=[10,10]']")
    high = scores("overrides=['degradation.sigma=[50,50]','task.blind=true']", "compare_to=[noisy]")
    assert set(high) == {"model", "noisy"} < set(low)
    for sigma, found in ((10, low), (50, high)):
        # Of 19,200 values the deviation is off by 0.5 %, that is 0.04 dB, of which five are allowed; clipping, 0.1.
        assert found["noisy"]["psnr"] == pytest.approx(20 * math.log10(255 / sigma), abs=0.3)
    assert low["model"]["psnr"] > high["model"]["psnr"]
    levels = scores("protocol=davis_denoising", "compare_to=[]")["model"]
    assert list(levels) == [f"{metric}_{sigma}" for sigma in (10, 20, 30, 40, 50) for metric in ("psnr", "ssim")]
    written = sorted(path.name for path in tmp_path.glob("runs/denoising/*/evaluations/*"))
    assert written == [
        "davis_denoising-last",
        "denoising-last-degradation.sigma_10_10",
        "denoising-last-degradation.sigma_50_50-task.blind_true",
    ]
    assert json.loads(next(tmp_path.glob("runs/*/*/summary.json")).read_text())["baselines"].keys() >= {"noisy"}
    with pytest.raises(UserError, match="davis_denoising has cases of its own, 10, 20, 30, 40, 50; choose another"):
        scores("protocol=davis_denoising", "overrides=['degradation.sigma=[10,10]']")
    for text, sentence in MISTAKEN:
        with pytest.raises(UserError, match=sentence):
            scores(f"overrides=['{text}']")


def test_scoring_the_clips_that_trained_is_told(
    run: str, composed: Composed, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_video(tmp_path / "others" / "b.mp4", moving(8, 40, 40, seed=1))
    (tmp_path / "others" / "c.mp4").symlink_to(tmp_path / "clips" / "a.mp4")
    given = [f"run={run}", "tracking=disabled", "compare_to=[]", "data=folder", f"data.root={tmp_path}/others", *HERE]
    evaluate(composed(*given, command="evaluate"))
    assert "1 of 2 clips have trained this run (c): they do not tell how it does on new ones" in caplog.text
