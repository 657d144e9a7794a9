"""Noisy videos: what a generator is told of them, and what classical denoisers make of them."""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.media import moving
from vidgan.baselines import denoisers as classical
from vidgan.errors import UserError
from vidgan.generators.fastdvdnet import FastDVDnet
from vidgan.generators.recurrent_denoiser import RecurrentDenoiser
from vidgan.inference.inputs import Input
from vidgan.inference.noise import WithNoiseMap, estimate_noise
from vidgan.inference.streaming import stream
from vidgan.inference.tiling import Tiled
from vidgan.ops.noise_estimation import with_noise_map


def noisy(count: int = 6, sigma: float = 25) -> tuple[np.ndarray, np.ndarray]:
    """A flat picture with an edge that stands still, clean and noisy."""
    clean = np.full((count, 40, 48, 3), 90, np.uint8)
    clean[:, :, 24:] = 170
    noise = np.random.default_rng(0).normal(0, sigma, clean.shape)
    return clean, np.clip(np.round(clean + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("network", [FastDVDnet(), RecurrentDenoiser(8, 8, 1, 4)], ids=lambda n: type(n).__name__)
@pytest.mark.parametrize("chunk", [1, 4])
def test_streaming_with_a_level_told_equals_the_whole_clip_with_a_map(network: torch.nn.Module, chunk: int) -> None:
    frames = moving(5, 20, 24)
    whole = torch.from_numpy(frames).permute(0, 3, 1, 2)[None].float() / 255
    with torch.inference_mode():
        raw = network.eval()(with_noise_map(whole, 0.1))[0]
    expected = raw.clamp(0, 1) * 255
    # Half a level of 255, and float32's rounding of sums of up to 1,000 terms in another order, before the clamp.
    allowed = 0.5 + 255 * 32 * np.finfo(np.float32).eps * max(1.0, float(raw.abs().max()))
    told = WithNoiseMap(network, 0.1)
    for generator in (told, Tiled(told, 64)):
        made = np.stack(list(stream(generator, frames, chunk)))
        assert np.abs(made - expected.permute(0, 2, 3, 1).numpy()).max() <= allowed


def test_estimating_the_noise_loses_no_frame() -> None:
    _, frames = noisy(20)
    sigma, again = estimate_noise(Input.of(frames, len(frames), Fraction(25)))
    assert 255 * sigma == pytest.approx(25, rel=0.06)
    assert np.array_equal(np.stack(list(again.frames)), frames)


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("method", ["opencv_nlm", "ffmpeg_nlmeans"])
def test_classical_denoisers_denoise(method: str, count: int) -> None:
    clean, frames = noisy(count)
    made = getattr(classical, method)(frames, 25)
    assert made.shape == frames.shape
    assert made.dtype == np.uint8
    assert np.square(made - clean.astype(float)).mean() < np.square(frames - clean.astype(float)).mean() / 4


PROGRAM = """
import sys
from fractions import Fraction
arguments = sys.argv[1:]
assert arguments[arguments.index("-s") + 1] == "48x40", arguments
sys.stdout.buffer.write(bytes(255 - value for value in sys.stdin.buffer.read()))
"""


def test_ffmpegs_program_is_given_raw_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a stand-in that inverts them: FFmpeg itself is an extra."""
    (tmp_path / "inverts.py").write_text(PROGRAM)
    program = tmp_path / "ffmpeg"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/inverts.py" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(classical, "ffmpeg_program", lambda: str(program))
    _, frames = noisy(2)
    assert np.array_equal(classical.ffmpeg_hqdn3d(frames, 25), 255 - frames)


def test_a_program_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classical, "ffmpeg_program", lambda: "/bin/false")
    with pytest.raises(UserError, match="/bin/false failed"):
        classical.ffmpeg_hqdn3d(noisy(1)[1], 25)
    monkeypatch.setattr(classical, "ffmpeg_program", lambda: None)
    with pytest.raises(UserError, match="pip install imageio-ffmpeg"):
        classical.ffmpeg_hqdn3d(noisy(1)[1], 25)
