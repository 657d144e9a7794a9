"""Run folders as training writes them, with scores that a test can compute by hand."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from tests.media import write_comparison
from vidgan.engine.score_rows import MODEL
from vidgan.record.folder import RunFolder, write_atomically, write_json
from vidgan.record.identity import halves, run_id
from vidgan.record.tables import Table
from vidgan.video.compare import comparison_picture

DIRECTIONS = {"psnr": True, "tof": False}
Clips = Mapping[str, float]


def write_run(runs: Path, config: DictConfig, psnr: Clips, **summary: Any) -> RunFolder:
    """A run folder with these PSNRs clip by clip (tOF is a hundredth), a short curve, a picture and a video."""
    folder = RunFolder(runs / "super_resolution" / run_id(config))
    folder.samples.mkdir(parents=True)
    for name, half in zip(("config.yaml", "machine.yaml"), halves(config), strict=True):
        write_atomically(folder.path / name, OmegaConf.to_yaml(OmegaConf.create(half)))
    scores = {clip: {"psnr": value, "tof": value / 100} for clip, value in psnr.items()}
    means = {name: sum(row[name] for row in scores.values()) / len(scores) for name in DIRECTIONS}
    found = {
        "state": "finished",
        "iteration": 20,
        "seconds": 10.0,
        "parameters": {"generator": 1000, "discriminator": 9},
        "iterations_per_second": 4.0,
        "peak_memory": {"gpu": 1.5},
        "metrics": means,
        "baselines": {"bicubic": {"psnr": 25.0, "tof": 0.5}},
        "protocol": "default",
        "higher_is_better": DIRECTIONS,
        "left_out": ["lpips"],
    }
    folder.update_summary(id=folder.id, name=config.name, **{**found, **summary})
    where = {"iteration": 20, "split": "test"}
    rows = [{**where, "method": MODEL, "clip": clip, **row} for clip, row in scores.items()]
    baseline = {**where, "method": "bicubic", "clip": next(iter(scores)), "psnr": 25.0, "tof": 0.5}
    Table(folder.path / "per_clip.csv").append([{**rows[0], "split": "val", "iteration": 10}, *rows, baseline])
    curve = Table(folder.path / "metrics.csv")
    for iteration in (10, 20):
        curve.append([{"iteration": iteration, "loss/pixel": 1 / iteration}])
        curve.append([{"iteration": iteration, "val/psnr": means["psnr"] - 20 / iteration}])
    clip = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for iteration in (10, 20):
        pictures = {"val": {MODEL: clip[0], "real": clip[1]}}
        comparison_picture(pictures, folder.samples / f"{iteration:07d}.png")
    write_comparison(folder.samples / "comparison.mp4", {MODEL: clip, "real": clip})
    provenance = {"fingerprint": "f", "device": "cpu", "started": "2026-01-01"}
    code = {"vidgan.losses.pixel": "f"}
    write_json(folder.path / "provenance.json", {"fingerprint": "f", "code": code, "segments": [provenance]})
    return folder


Record = Callable[..., RunFolder]


@pytest.fixture
def recorded(composed: Callable[..., DictConfig], tmp_path: Path) -> Record:
    """``recorded("seed=1", psnr={"a": 30.0}, state="failed")``: a run folder in ``tmp_path/runs``."""

    def make(*overrides: str, psnr: Clips, **summary: Any) -> RunFolder:
        return write_run(tmp_path / "runs", composed(*overrides), psnr, **summary)

    return make


def clips(*values: float) -> dict[str, float]:
    return {f"clip{index}": value for index, value in enumerate(values)}
