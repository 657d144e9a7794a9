from pathlib import Path

import pytest
import torch

from vidgan.errors import UserError
from vidgan.metrics.lpips import LPIPS, AlexNetFeatures, LearnedDistance, LPIPSWeights


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(scope="module")
def backbone(tmp_path_factory) -> Path:
    """A file as torchvision publishes it: with the classifier's keys."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save(AlexNetFeatures().state_dict() | {"classifier.1.weight": torch.zeros(2, 2)}, path)
    return path


def test_published_counts_and_keys():
    assert parameters(AlexNetFeatures()) == 2_469_696
    assert parameters(LPIPSWeights()) == 1_152
    kinds = ("weight", "bias")
    assert set(AlexNetFeatures().state_dict()) == {f"features.{i}.{kind}" for i in (0, 3, 6, 8, 10) for kind in kinds}


def test_published_channel_weights_are_at_hand_and_none_is_negative(backbone):
    network = LPIPS(backbone).network
    assert all((weigh.weight >= 0).all() and weigh.weight.any() for weigh in network.weights)


def test_distance_by_hand(backbone):
    network = LPIPS(backbone).network
    fake, real = torch.rand(2, 1, 3, 40, 40)
    by_hand = 0.0
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])  # the paper's code
    maps = []
    for images in (fake, real):
        x, found = ((2 * images - 1) - shift.view(3, 1, 1)) / scale.view(3, 1, 1), []
        for index, module in enumerate(network.backbone.features):
            x = module(x)
            if index in (1, 4, 7, 9, 11):
                found.append(x / x.square().sum(1, keepdim=True).sqrt().clamp_min(1e-10))
        maps.append(found)
    for weigh, a, b in zip(network.weights, *maps, strict=True):
        by_hand += ((a - b).square() * weigh.weight).sum(1).mean().item()
    assert LPIPS(backbone)(fake, real) == pytest.approx(by_hand, rel=1e-4)


def test_frames_are_averaged_and_equal_ones_count_nothing(backbone):
    metric = LPIPS(backbone)
    fake, real = torch.rand(10, 3, 32, 32), torch.rand(10, 3, 32, 32)
    single = [metric(fake[t : t + 1], real[t : t + 1]) for t in range(10)]
    assert metric(fake, real) == pytest.approx(sum(single) / 10, rel=1e-5)
    assert metric(fake, fake) == 0
    assert min(single) > 0
    assert not LPIPS.higher_is_better


def test_a_flat_black_frame_has_a_distance(backbone):
    network = LearnedDistance()
    assert torch.isfinite(network(torch.zeros(1, 3, 32, 32), torch.rand(1, 3, 32, 32))).all()


def test_missing_weights_are_reported(tmp_path, monkeypatch, backbone):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    metric = LPIPS()
    assert not metric.available
    with pytest.raises(UserError, match=r"no weight file .*alexnet-owt-7be5be79\.pth\. It is published as https"):
        metric(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32))
    kept = tmp_path / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(backbone.read_bytes())
    assert LPIPS().available
    assert not LPIPS(weights=tmp_path / "absent.pth").available


def test_a_damaged_file_is_refused(tmp_path):
    damaged = tmp_path / "alexnet.pth"
    damaged.write_bytes(b"not weights")
    with pytest.raises(UserError, match="cannot be read: it is damaged"):
        LPIPS(damaged)(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32))
