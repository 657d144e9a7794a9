import pytest
import torch

from vidgan.discriminators.spatio_temporal import SpatioTemporalDiscriminator, invert
from vidgan.discriminators.t_patch import TemporalPatchGAN
from vidgan.errors import UserError


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def moving(frames: int, size: int, step: int) -> torch.Tensor:
    """A smooth periodic pattern (1, T, 3, size, size) that moves right by ``step`` pixels a frame."""
    x = torch.arange(size) * (2 * torch.pi / 16)
    picture = torch.stack([0.5 + 0.4 * torch.sin(x + phase) for phase in (0.0, 1.0, 2.0)])[:, None].expand(
        3, size, size
    )
    return torch.stack([picture.roll(step * t, dims=-1) for t in range(frames)])[None]


def test_published_parameter_counts():
    assert parameters(SpatioTemporalDiscriminator(128)) == 819_457
    assert parameters(TemporalPatchGAN(64)) == 17_832_256
    assert parameters(TemporalPatchGAN(32)) == 4_461_728


def test_published_keys():
    keys = set(SpatioTemporalDiscriminator(16, 2).state_dict())
    assert {
        "conv_in.0.weight",
        "discriminator_block.block1.0.weight",
        "discriminator_block.block4.1.bias",
        "dense.bias",
    } <= keys
    keys = set(TemporalPatchGAN(2).state_dict())
    assert {f"conv.{2 * i}.weight_orig" for i in range(5)} | {"conv.10.weight", "conv.10.bias"} <= keys
    assert "conv.0.bias" not in keys


def test_t_patch_shapes_and_reach_in_time():
    network = TemporalPatchGAN(2)
    frames = torch.rand(2, 5, 3, 64, 64)
    logits, features = network(frames, return_features=True)
    assert logits.shape == (2, 8, 5, 1, 1)
    assert [f.shape[1] for f in features] == [2, 4, 8, 8, 8]
    assert [f.shape[-1] for f in features] == [31, 16, 8, 4, 2]
    frames.requires_grad_()
    network(frames)[0, 0, 0].sum().backward()
    assert frames.grad[0, 4].abs().sum() > 0
    assert frames.grad[1].abs().sum() == 0


def test_spatio_temporal_judges_consecutive_triplets():
    network = SpatioTemporalDiscriminator(32, 2)
    frames, low, flow = torch.rand(2, 8, 3, 32, 32), torch.rand(2, 8, 3, 8, 8), torch.zeros(2, 7, 2, 8, 8)
    logits, features = network(frames, condition=low, flow=flow, return_features=True)
    assert logits.shape == (4, 1)
    assert [f.shape[1:] for f in features] == [(2, 16, 16), (2, 8, 8), (4, 4, 4), (8, 2, 2)]
    evidence = network.evidence(frames, low, flow)
    second = evidence[1].unflatten(0, (3, 3, 3))  # kind, color, frame
    torch.testing.assert_close(second[0], frames[0, 3:6].transpose(0, 1))
    interior = (..., slice(4, 28), slice(4, 28))
    torch.testing.assert_close(second[1][interior], frames[0, 3:6].transpose(0, 1)[interior])  # no motion: as they are
    assert second[1].count_nonzero() == second[1][interior].count_nonzero()
    upsampled = torch.nn.functional.interpolate(low[0, 3:6], scale_factor=4, mode="bilinear")
    torch.testing.assert_close(second[2], upsampled.transpose(0, 1))


def test_neighbours_are_warped_onto_the_middle_frame():
    network = SpatioTemporalDiscriminator(64, 2)
    frames = moving(3, 64, step=4)
    flow = torch.zeros(1, 2, 2, 16, 16)
    flow[:, :, 0] = -1  # what is at x now was one low-resolution pixel further left
    warped = network.evidence(frames, torch.zeros(1, 3, 3, 16, 16), flow)[:, 9:18].unflatten(1, (3, 3))
    middle = frames[0, 1, :, 8:56, 8:56]
    for neighbour in (0, 1, 2):
        torch.testing.assert_close(warped[0, :, neighbour, 8:56, 8:56], middle, atol=1e-5, rtol=0)


def test_inverse_flow_undoes_a_smooth_flow():
    y, x = torch.meshgrid(torch.linspace(-1, 1, 33), torch.linspace(-1, 1, 33), indexing="ij")
    flow = torch.stack([1.5 + 0.5 * x, 0.5 * y - 1])[None]  # there: p + flow(p), an affine map
    inverse = torch.stack([-(1.5 + 0.5 * x), -(0.5 * y - 1)])[None]
    # One half in 16 px is a slope of 1/32: the inverse map of p -> p + a + s p is q -> q - (a + s q) / (1 + s).
    torch.testing.assert_close(
        invert(flow)[..., 4:-4, 4:-4], (inverse / (1 + 1 / 32))[..., 4:-4, 4:-4], atol=1e-4, rtol=0
    )


def test_gradient_reaches_frames_and_not_the_flow():
    network = SpatioTemporalDiscriminator(16, 2)
    frames = torch.rand(2, 3, 3, 16, 16, requires_grad=True)
    flow = torch.rand(2, 2, 2, 4, 4, requires_grad=True)
    network(frames, torch.rand(2, 3, 3, 4, 4), flow).square().sum().backward()
    assert all(frames.grad[:, t].abs().sum() > 0 for t in range(3))
    assert flow.grad is None
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_unfit_clips_are_refused():
    network = SpatioTemporalDiscriminator(16, 2)
    with pytest.raises(ValueError, match="at least 3 frames and is given 2"):
        network(torch.rand(1, 2, 3, 16, 16), torch.rand(1, 2, 3, 4, 4), torch.zeros(1, 1, 2, 4, 4))
    with pytest.raises(UserError, match="made for 16 x 16 pixels and is given 32 x 16"):
        network(torch.rand(1, 3, 3, 16, 32), torch.rand(1, 3, 3, 4, 8), torch.zeros(1, 2, 2, 4, 8))
    with pytest.raises(UserError, match="size is 100, expected a multiple of 16"):
        SpatioTemporalDiscriminator(100)
