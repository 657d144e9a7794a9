import hashlib
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from vidgan.backbones.vgg import LAYERS, VGG19Features
from vidgan.errors import UserError
from vidgan.losses import perceptual
from vidgan.losses.perceptual import Lite0Perceptual, Perceptual
from vidgan.metrics.lite0 import Lite0Distance

# Where the convolutions stand in torchvision's VGG19.
CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


@pytest.fixture(scope="module")
def network() -> VGG19Features:
    torch.manual_seed(0)
    return VGG19Features()


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory) -> Path:
    """A file as torchvision publishes it: with the classifier's keys."""
    path = tmp_path_factory.mktemp("weights") / "vgg19.pth"
    torch.save(network.state_dict() | {"classifier.0.weight": torch.zeros(2, 2)}, path)
    return path


def test_features_are_vgg19_s(network):
    assert sum(parameter.numel() for parameter in network.parameters()) == 20_024_384
    assert set(network.state_dict()) == {f"features.{i}.{kind}" for i in CONVOLUTIONS for kind in ("weight", "bias")}
    assert [i for i, name in enumerate(LAYERS) if name.startswith("conv")] == list(CONVOLUTIONS)
    assert [LAYERS[i] for i in (2, 7, 16, 25, 34)] == ["conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4"]


def test_features_are_taken_before_the_relu_of_normalized_images(network):
    images = torch.rand(1, 3, 16, 16)
    found = network(images, ("conv1_1", "relu1_1", "conv5_4"))
    normalized = (images - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(3, 1, 1)
    first = network.features[0]
    torch.testing.assert_close(found["conv1_1"], F.conv2d(normalized, first.weight, first.bias, padding=1))
    assert found["conv1_1"].min() < 0
    torch.testing.assert_close(found["relu1_1"], found["conv1_1"].relu())
    assert found["conv5_4"].shape == (1, 512, 1, 1)


def test_l1_and_cosine_by_hand(network, weights):
    fake, real = torch.rand(2, 1, 2, 3, 16, 16)
    layers = {"conv1_2": 0.5, "conv2_2": 2.0}
    fakes, reals = (network(clip.flatten(0, 1), layers) for clip in (fake, real))
    l1 = sum(weight * (fakes[name] - reals[name]).abs().mean() for name, weight in layers.items())
    torch.testing.assert_close(Perceptual(layers, "l1", weights)(fake, real), l1)
    dot = (fakes["conv1_2"] * reals["conv1_2"]).sum(1)
    cosine = 1 - (dot / (fakes["conv1_2"].norm(dim=1) * reals["conv1_2"].norm(dim=1))).mean()
    torch.testing.assert_close(Perceptual({"conv1_2": 1.0}, "cosine", weights)(fake, real), cosine)


def test_only_the_fake_clip_is_trained(weights):
    loss = Perceptual({"conv2_2": 1.0}, weights=weights)
    fake, real = torch.rand(1, 1, 3, 16, 16, requires_grad=True), torch.rand(1, 1, 3, 16, 16, requires_grad=True)
    loss(fake, real).backward()
    assert fake.grad.abs().sum() > 0
    assert real.grad is None
    assert all(parameter.grad is None for parameter in loss.parameters())
    assert loss(real, real).item() == 0


def test_published_weights_are_kept_where_torchvision_keeps_them(weights, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(perceptual, "VGG19_URL", weights.as_uri())
    monkeypatch.setattr(perceptual, "VGG19_SHA256", hashlib.sha256(weights.read_bytes()).hexdigest()[:8])
    Perceptual({"conv1_2": 1.0})
    assert (tmp_path / "hub" / "checkpoints" / "vgg19.pth").read_bytes() == weights.read_bytes()


def test_another_checksum_is_refused(weights, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(perceptual, "VGG19_URL", weights.as_uri())
    with pytest.raises(UserError, match="not dcbb9e9d; it was not kept"):
        Perceptual({"conv1_2": 1.0})
    assert list(tmp_path.rglob("*.pth")) == []


def test_missing_weights_name_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(perceptual, "VGG19_URL", (tmp_path / "nowhere" / "vgg19.pth").as_uri())
    with pytest.raises(UserError, match=r"weights of VGG19.*losses\.perceptual\.loss\.weights=/path/vgg19\.pth"):
        Perceptual({"conv5_4": 1.0})


def test_unfit_files_and_names_are_refused(tmp_path):
    damaged = tmp_path / "vgg19.pth"
    damaged.write_bytes(b"not weights")
    with pytest.raises(UserError, match=r"vgg19\.pth cannot be read: it is damaged"):
        Perceptual({"conv5_4": 1.0}, weights=damaged)
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, damaged)
    with pytest.raises(UserError, match="does not fit VGG19Features: 31 missing"):
        Perceptual({"conv5_4": 1.0}, weights=damaged)
    with pytest.raises(UserError, match="no weight file"):
        Perceptual({"conv5_4": 1.0}, weights=tmp_path / "absent.pth")
    with pytest.raises(UserError, match="no layer conv9_9"):
        Perceptual({"conv9_9": 1.0})
    with pytest.raises(UserError, match="no criterion 'l2'"):
        Perceptual({"conv5_4": 1.0}, criterion="l2")


def test_lite0_judges_a_training_as_it_scores_a_clip():
    torch.manual_seed(0)
    fake, real = torch.rand(2, 1, 3, 64, 48), torch.rand(2, 1, 3, 64, 48)
    loss = Lite0Perceptual().train()
    before = {name: value.clone() for name, value in loss.state_dict().items()}
    value = loss(fake.requires_grad_(), real)
    metric = Lite0Distance()
    expected = sum(metric.measure(fake[i], real[i]).value for i in range(2)) / 2
    assert value.item() == pytest.approx(expected, rel=1e-5)
    value.backward()
    assert fake.grad is not None
    assert fake.grad.abs().amax((2, 3, 4)).min() > 0
    assert all(torch.equal(value, before[name]) for name, value in loss.state_dict().items())
    assert loss(real, real).item() == 0
