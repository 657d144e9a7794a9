"""A page that is served from this process, and runs for it."""

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hydra import compose, initialize_config_dir
from safetensors.torch import save_file
from torch import nn

from tests.media import moving, write_video
from vidgan.config.paths import CONF
from vidgan.config.registration import register
from vidgan.generators.mocogan import MoCoGAN
from vidgan.generators.propagation_blend import PropagationBlend
from vidgan.generators.recurrent_denoiser import RecurrentDenoiser
from vidgan.record.folder import RunFolder

CLASSES = ["around", "up"]


@dataclass(frozen=True)
class Served:
    """Where a page is, the folders of its runs and of what it makes, and a video to be given."""

    url: str
    runs: Path
    folder: Path
    video: Path


def _run(runs: Path, task: str, target: str, network: nn.Module, **arguments: Any) -> None:
    kind = type(network)
    config = {
        "task": {"_target_": f"vidgan.tasks.{task}.task.{target}"},
        "engine": {},
        "data": {"frames": 5},
        "networks": {"generator": {"_target_": f"{kind.__module__}.{kind.__name__}", **arguments}},
    }
    folder = RunFolder(runs / task / "quickstart-00000000")
    folder.checkpoints.mkdir(parents=True)
    (folder.path / "config.yaml").write_text(yaml.safe_dump(config))
    save_file(network.state_dict(), folder.checkpoints / "last.safetensors")
    folder.update_summary(id=folder.id, state="finished")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Runs of a denoiser, an inpainter and a maker of videos; frames of at most .1 megapixels, at most 40 of them."""
    server = pytest.importorskip("vidgan.app.server")
    pytest.importorskip("gradio", reason="gradio is not installed (make test-app)")
    import uvicorn

    base = tmp_path_factory.mktemp("app")
    torch.manual_seed(0)
    _run(base / "runs", "denoising", "Denoising", RecurrentDenoiser(channels=4), channels=4)
    _run(base / "runs", "inpainting", "Inpainting", PropagationBlend())
    maker = MoCoGAN(CLASSES, size=16, channels=4)
    _run(base / "runs", "generation", "Generation", maker, classes=CLASSES, size=16, channels=4)
    register()
    given = [f"paths.runs={base}/runs", f"paths.cache={base}/cache", "machine=cpu", "megapixels=.1", "frames=40"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("app", [*given, "upload_mb=1", "machine.threads=1"])
    (base / "page").mkdir()
    app, jobs = server.application(config, base / "page")
    at = socket.socket()
    at.bind(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [at]}, daemon=True)
    thread.start()
    while not running.started:
        thread.join(0.05)
    try:
        video = write_video(base / "in.mp4", moving(8))
        yield Served(f"http://127.0.0.1:{at.getsockname()[1]}", base / "runs", base / "page", video)
    finally:
        jobs.cancel_all()
        running.should_exit = True
        thread.join(20)
        shutil.rmtree(base / "page")
