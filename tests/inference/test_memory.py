"""How many frames are computed at once follows from the memory that is free."""

import logging
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch
from torch import nn

from tests.media import moving
from vidgan.generators.base import Generator, WholeClipGenerator
from vidgan.generators.basicvsr import BasicVSR
from vidgan.generators.recurrent import RecurrentSR
from vidgan.inference.memory import frames_at_once
from vidgan.inference.streaming import stream
from vidgan.ops.peak_memory import Peak


@pytest.fixture
def basicvsr() -> Generator:
    return BasicVSR(channels=4, blocks=1).eval()


def free(monkeypatch: pytest.MonkeyPatch, size: float) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=size))


def test_a_network_of_whole_clips_is_given_what_fits(basicvsr: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = torch.zeros(1, 1, 3, 64, 64)
    counts = []
    for megabytes in (80, 100):
        free(monkeypatch, megabytes * 1e6)
        counts.append(frames_at_once(basicvsr, frame, 0))
        with torch.inference_mode(), Peak() as peak:
            basicvsr(frame.expand(1, counts[-1], 3, 64, 64))
        assert 0.5 * megabytes * 1e6 < peak.most <= 0.6 * megabytes * 1e6
    assert 1 < counts[0] < counts[1]


def test_one_that_gains_nothing_of_more_takes_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    network, frame = RecurrentSR(channels=4).eval(), torch.zeros(1, 1, 3, 64, 64)
    free(monkeypatch, 1e12)
    assert frames_at_once(network, frame, 0) == 8
    free(monkeypatch, 4e6)
    assert 1 <= frames_at_once(network, frame, 0) < 8


def test_frames_that_do_not_fit_are_told(
    basicvsr: Generator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    free(monkeypatch, 1e6)
    assert frames_at_once(basicvsr, torch.zeros(1, 1, 3, 256, 256), 0) == 1
    assert "0.0 GB are free; tile=256 computes it in parts" in caplog.text


def test_a_clip_that_fits_is_computed_as_a_whole(basicvsr: Generator, caplog: pytest.LogCaptureFixture) -> None:
    frames = moving(20, 64, 64)
    with caplog.at_level(logging.WARNING):
        made = np.stack(list(stream(basicvsr, frames, None)))
        assert caplog.text == ""
        parts = np.stack(list(stream(basicvsr, frames, 4, 2)))
    assert made.shape == parts.shape
    assert "it is given 4 frames at once with 2 more on either side" in caplog.text
    np.testing.assert_array_equal(made, np.stack(list(stream(basicvsr, frames, 20))))


def test_a_network_that_needs_values_takes_eight() -> None:
    class Peeking(nn.Module):
        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            return clip * float(clip.max())

    assert frames_at_once(WholeClipGenerator(Peeking(), 1), torch.zeros(1, 1, 3, 8, 8), 0) == 8
