"""Scores of key points over time, by hand."""

import pytest
import torch

from vidgan.errors import UserError
from vidgan.losses.tracks import AccelerationL1, PointDistance
from vidgan.metrics.tracks import MPJPE, AccelerationError, BoneLengthError, PixelPCK
from vidgan.pose.skeleton import OPENPOSE_18
from vidgan.protocols.tracks import TrackProtocol

REAL = torch.rand(6, 18, 2, generator=torch.Generator().manual_seed(0)) * 100
STRATA = torch.zeros(6, 18, dtype=torch.int64)
STRATA[2, 4], STRATA[3, 4] = 1, 2
FAKE = REAL.clone()
FAKE[2, 4] += torch.tensor([3.0, 4.0])
FAKE[3, 4] += torch.tensor([0.0, 20.0])
#: px: a place of up to 128 is off by up to 4e-6 in float32, and an acceleration adds four of them.
ROUNDED = 2e-5


def test_distance_by_stratum() -> None:
    assert MPJPE()(FAKE, REAL, STRATA) == pytest.approx(25 / (6 * 18))
    scores = [MPJPE(name)(FAKE, REAL, STRATA) for name in ("clean", "outlier", "occluded")]
    assert scores == pytest.approx([0, 5, 20], abs=ROUNDED)
    assert torch.tensor(MPJPE("swapped")(FAKE, REAL, STRATA)).isnan(), "there are none"


def test_share_of_correct_key_points() -> None:
    assert PixelPCK(10)(FAKE, REAL, STRATA) == pytest.approx(100 * (1 - 1 / 108))
    assert PixelPCK(4.9, "outlier")(FAKE, REAL, STRATA) == 0
    assert PixelPCK(5.1, "outlier")(FAKE, REAL, STRATA) == 100


def test_acceleration_belongs_to_the_middle_frame() -> None:
    errors = [torch.tensor(e).norm() for e in ([3.0, 4.0], [-6.0, 12.0], [3.0, -36.0], [0.0, 20.0])]
    assert AccelerationError()(FAKE, REAL, STRATA) == pytest.approx(float(sum(errors)) / (4 * 18), abs=ROUNDED)
    assert AccelerationError("outlier")(FAKE, REAL, STRATA) == pytest.approx(float(errors[1]), abs=ROUNDED)


def test_bone_lengths() -> None:
    elbow, wrist = OPENPOSE_18.index("right_elbow"), OPENPOSE_18.index("right_wrist")
    longer = REAL.clone()
    longer[:, wrist] += 2 * torch.nn.functional.normalize(longer[:, wrist] - longer[:, elbow], dim=-1)
    assert BoneLengthError()(longer, REAL, STRATA) == pytest.approx(2 / 17, abs=ROUNDED)
    assert BoneLengthError()(REAL + 7, REAL, STRATA) == pytest.approx(0, abs=ROUNDED)


def test_protocol_takes_tracks_as_they_are() -> None:
    protocol = TrackProtocol("tracks", "ours", {"mpjpe": MPJPE(), "pck": PixelPCK(10)})
    scores = protocol.score(300 * FAKE, 300 * REAL, {"strata": STRATA})
    assert scores["mpjpe"] == pytest.approx(300 * 25 / 108, abs=300 * ROUNDED), "nothing is saturated or rounded"
    with pytest.raises(UserError, match="asks for strata"):
        protocol.score(FAKE, REAL)


def test_losses() -> None:
    assert PointDistance()(FAKE[None], REAL[None]).item() == pytest.approx(25 / 108, abs=ROUNDED)
    assert AccelerationL1()(REAL[None] + 5, REAL[None]).item() == pytest.approx(0, abs=ROUNDED)
    sums = 3 + 4 + 6 + 12 + 3 + 36 + 0 + 20
    assert AccelerationL1()(FAKE[None], REAL[None]).item() == pytest.approx(sums / (4 * 18 * 2), abs=ROUNDED)
