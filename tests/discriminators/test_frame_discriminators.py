import pytest
import torch

from vidgan.discriminators.patch import PatchGAN
from vidgan.discriminators.unet import UNetDiscriminatorSN
from vidgan.discriminators.vgg import VGGStyleDiscriminator
from vidgan.errors import UserError


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_published_parameter_counts():
    assert parameters(VGGStyleDiscriminator(128)) == 14_499_401
    assert parameters(UNetDiscriminatorSN()) == 4_376_897
    assert parameters(PatchGAN(norm="instance")) == 2_764_737  # CycleGAN
    assert parameters(PatchGAN(norm="batch", inputs=6)) == 2_768_705  # pix2pix: picture and condition


def test_published_keys():
    vgg = VGGStyleDiscriminator(256).state_dict()
    assert {
        "conv0_0.bias",
        "conv0_1.weight",
        "bn0_1.running_var",
        "conv5_0.weight",
        "bn5_1.bias",
        "linear2.bias",
    } <= set(vgg)
    assert "bn0_0.weight" not in vgg
    unet = UNetDiscriminatorSN(4).state_dict()
    assert {"conv0.weight", "conv1.weight_orig", "conv8.weight_u", "conv8.weight_v", "conv9.bias"} <= set(unet)
    patch = PatchGAN(4, norm="batch").state_dict()
    assert {key for key in patch if key.endswith("weight")} == {f"model.{i}.weight" for i in (0, 2, 3, 5, 6, 8, 9, 11)}


@pytest.mark.parametrize(
    ("network", "logits", "features"),
    [
        (VGGStyleDiscriminator(32, channels=4), (6, 1), [(4, 16, 16), (8, 8, 8), (16, 4, 4)]),
        (
            UNetDiscriminatorSN(channels=4),
            (6, 1, 32, 32),
            [(4, 32, 32), (8, 16, 16), (16, 8, 8), (32, 4, 4), (16, 8, 8), (8, 16, 16), (4, 32, 32)],
        ),
        (PatchGAN(channels=4, layers=2), (6, 1, 6, 6), [(4, 16, 16), (8, 8, 8), (16, 7, 7)]),
    ],
    ids=["vgg", "unet", "patch"],
)
def test_time_folds_into_the_batch(network, logits, features):
    clips = torch.rand(2, 3, 3, 32, 32)
    network.eval()
    judged, maps = network(clips, return_features=True)
    assert judged.shape == logits
    assert [tuple(m.shape[1:]) for m in maps] == features
    torch.testing.assert_close(network(clips)[3:], network(clips[1:]))
    torch.testing.assert_close(network(clips.flatten(0, 1)[:, None]), judged)


@pytest.mark.parametrize(
    "network",
    [VGGStyleDiscriminator(16, channels=2), UNetDiscriminatorSN(2), PatchGAN(2, 1)],
    ids=["vgg", "unet", "patch"],
)
def test_gradients_reach_frames_and_all_parameters(network):
    frames = torch.rand(2, 2, 3, 16, 16, requires_grad=True)
    network(frames).square().mean().backward()
    assert frames.grad.abs().sum() > 0
    for parameter in network.parameters():
        assert parameter.grad is not None


@pytest.mark.parametrize("name", ["conv1", "conv4", "conv8"])
def test_spectral_norm_of_the_unet_s_layers_is_one(name):
    layer = UNetDiscriminatorSN(2).get_submodule(name)
    for _ in range(500):  # one power iteration a forward pass in training
        layer(torch.rand(1, layer.in_channels, 2, 2))
    largest = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
    torch.testing.assert_close(largest, torch.ones(()), atol=1e-4, rtol=0)


def test_unet_takes_any_size():
    assert UNetDiscriminatorSN(2)(torch.rand(1, 1, 3, 19, 30)).shape == (1, 1, 19, 30)


@pytest.mark.parametrize(("layers", "patch"), [(1, 16), (2, 34), (3, 70)])
def test_patch_receptive_field(layers, patch):
    network = PatchGAN(2, layers, norm="none")
    frames = torch.rand(1, 1, 3, 160, 160, requires_grad=True)
    logits = network(frames)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    seen = frames.grad[0, 0].abs().sum(0).nonzero()
    assert (seen.amax(0) - seen.amin(0) + 1).tolist() == [patch, patch]


def test_wrong_sizes_name_the_remedy():
    with pytest.raises(UserError, match="size is 100, expected 8, 16, 32"):
        VGGStyleDiscriminator(100)
    with pytest.raises(UserError, match="made for 16 x 16 pixels and is given 32 x 16"):
        VGGStyleDiscriminator(16, 2)(torch.rand(1, 1, 3, 16, 32))
    with pytest.raises(ValueError, match="norm is 'layer'"):
        PatchGAN(norm="layer")
