import pytest
import torch

from vidgan.losses.temporal import PingPong, TemporalDifference, Warping


def constant_frames(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, -1, 1, 1, 1).expand(1, len(values), 3, 4, 4)


def test_ping_pong_compares_mirrored_frames():
    assert PingPong()(constant_frames(0.1, 0.2, 0.9, 0.2, 0.1)).item() == 0
    assert PingPong()(constant_frames(0.0, 0.2, 0.9, 0.5, 0.1)).item() == pytest.approx((0.1 + 0.3) / 2)
    assert PingPong()(constant_frames(0.0, 0.2, 0.5, 0.1)).item() == pytest.approx((0.1 + 0.3) / 2)


def test_ping_pong_spares_the_turning_point():
    fake = torch.rand(1, 5, 3, 4, 4, requires_grad=True)
    PingPong()(fake).backward()
    assert [bool(fake.grad[0, t].any()) for t in range(5)] == [True, True, False, True, True]


def test_temporal_difference_charges_flicker_alone():
    real = constant_frames(0.1, 0.2, 0.3)
    # Float32 rounds 0.6 to 0.8 by 3e-8, and four of them make a difference of differences.
    assert TemporalDifference()(real + 0.5, real).item() == pytest.approx(0, abs=1e-6)
    assert TemporalDifference()(constant_frames(0.1, 0.4, 0.3), real).item() == pytest.approx((0.2 + 0.2) / 2)


def test_warping_of_a_known_motion():
    first = torch.rand(1, 1, 2, 6, 8)
    second = torch.cat([first[..., :1], first[..., :-1]], dim=-1)  # moves right by one pixel; the border repeats
    low = torch.cat([first, second], dim=1)
    flow = torch.zeros(1, 1, 2, 6, 8)
    flow[:, :, 0] = -1
    # A place of up to 8 is off by 1e-6 in float32, by which neighbours below 1 mix; the square of it.
    assert Warping()(low, flow).item() == pytest.approx(0, abs=1e-10)
    still = Warping()(low, torch.zeros_like(flow))
    torch.testing.assert_close(still, (low[:, 1] - low[:, 0]).square().mean())


def test_warping_trains_the_flow():
    flow = torch.zeros(1, 2, 2, 4, 4, requires_grad=True)
    Warping()(torch.rand(1, 3, 3, 4, 4), flow).backward()
    assert flow.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("loss", "arguments"),
    [
        (PingPong(), (torch.rand(1, 1, 3, 4, 4),)),
        (Warping(), (torch.rand(1, 1, 3, 4, 4), torch.zeros(1, 0, 2, 4, 4))),
        (TemporalDifference(), (torch.rand(1, 1, 3, 4, 4),) * 2),
    ],
)
def test_one_frame_is_refused(loss, arguments):
    with pytest.raises(ValueError, match="at least 2 frames and is given 1"):
        loss(*arguments)
