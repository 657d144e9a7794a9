"""MoCoGAN: published counts, noise that is a function of seeds, and streaming."""

import pytest
import torch
from torch import nn

from vidgan.discriminators.augmentation import ClipAugmentation
from vidgan.discriminators.mocogan import ClipCritic, FrameCritic
from vidgan.errors import UserError
from vidgan.generators.mocogan import MoCoGAN
from vidgan.losses.adversarial import Vanilla
from vidgan.losses.classified import Classified

SIX = ["a", "b", "c", "d", "e", "f"]
SEEDS = torch.tensor([3, 2**62 + 1])


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_published_counts() -> None:
    assert parameters(MoCoGAN(SIX)) == 3_298_836
    assert parameters(FrameCritic()) == 663_296
    assert parameters(ClipCritic()) == 2_650_880
    assert parameters(ClipCritic(SIX, head="classes")) == 11_253_504


def test_published_keys_of_the_generator() -> None:
    recurrent = {f"recurrent.{kind}_{side}" for kind in ("weight", "bias") for side in ("ih", "hh")}
    convolutions = {f"main.{3 * layer}.weight" for layer in range(5)}
    norms = {
        f"main.{3 * layer + 1}.{name}"
        for layer in range(4)
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    }
    state = MoCoGAN(SIX).state_dict()
    assert set(state) == recurrent | convolutions | norms
    assert state["main.0.weight"].shape == (66, 512, 4, 4)


@pytest.mark.parametrize("classes", [[], SIX])
def test_frames_are_pictures_and_seeds_make_them(classes: list[str]) -> None:
    network = MoCoGAN(classes, size=16, channels=4).eval()
    label = {"label": torch.tensor([5, 0])} if classes else {}
    made = network(**network.noise(SEEDS, 5), **label)
    assert made.shape == (2, 5, 3, 16, 16)
    assert made.min() >= 0
    assert made.max() <= 1
    assert torch.equal(made, network(**network.noise(SEEDS, 5), **label))
    turned = {name: value.flip(0) for name, value in label.items()}
    torch.testing.assert_close(made.flip(0), network(**network.noise(SEEDS.flip(0), 5), **turned))


def test_noise_in_parts_is_the_noise_of_the_whole_and_streaming_goes_on() -> None:
    network = MoCoGAN(size=16, channels=4).eval()
    whole = network.noise(SEEDS, 7)
    first, second = network.noise(SEEDS, 3), network.noise(SEEDS, 4, start=3)
    assert torch.equal(torch.cat([first["motion"], second["motion"]], 1), whole["motion"])
    made, state = network.stream(**first)
    more, _ = network.stream(**{**second, "beginning": state})
    torch.testing.assert_close(torch.cat([made, more], 1), network(**whole), rtol=0, atol=1e-5)


def test_content_stays_and_class_and_motion_change_the_frames() -> None:
    network = MoCoGAN(SIX, size=16, channels=4).eval()
    noise, label = network.noise(SEEDS[:1], 4), torch.tensor([1])
    made = network(**noise, label=label)
    assert not torch.equal(made[:, 0], made[:, 1])
    assert not torch.equal(made, network(**noise, label=label + 1))
    for name in ("content", "beginning", "motion"):
        assert not torch.equal(made, network(**{**noise, name: -noise[name]}, label=label))


@pytest.mark.parametrize("size", [0, 4, 24, 63])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(UserError, match=rf"size={size}: expected 8, 16, 32, 64"):
        MoCoGAN(size=size)


def test_classes_by_name() -> None:
    assert MoCoGAN(SIX, size=8).numbers(["c", "a"]) == [2, 0]
    with pytest.raises(UserError, match=r"^classes=g: there is no such class; there are a, b, c, d, e, f\.$"):
        MoCoGAN(SIX, size=8).numbers(["a", "g"])
    with pytest.raises(UserError, match="there are none, as this generator was trained without classes"):
        MoCoGAN(size=8).numbers(["a"])
    with pytest.raises(UserError, match="has a class twice"):
        MoCoGAN(["a", "a"], size=8)


def test_frames_that_are_judged_follow_from_the_seeds() -> None:
    critic = FrameCritic(4, frames=2)
    frames = torch.rand(2, 9, 3, 16, 16)
    logits = critic(frames, SEEDS)
    assert logits.shape == (4, 1, 1, 1)
    assert torch.equal(logits, critic(frames, SEEDS))
    assert FrameCritic(4, frames=0)(frames, SEEDS).shape == (18, 1, 1, 1)


@pytest.mark.parametrize("norm", ["batch", "spectral", "none"])
@pytest.mark.parametrize(("head", "channels"), [("patch", 1), ("classes", 7), ("projection", 1)])
def test_heads(head: str, channels: int, norm: str) -> None:
    critic = ClipCritic([] if head == "patch" else SIX, size=32, channels=4, head=head, norm=norm)  # type: ignore[arg-type]
    logits = critic(torch.rand(2, 16, 3, 32, 32), SEEDS, torch.tensor([0, 5]))
    assert logits.shape == ((2, channels, 1, 1, 1) if head == "classes" else (2, channels, 4, 2, 2))
    with pytest.raises(UserError, match=f"clips of 12 frames are too short .* needs {critic.fewest}"):
        critic(torch.rand(2, 12, 3, 32, 32), SEEDS, torch.tensor([0, 5]))
    critic(torch.rand(2, critic.fewest, 3, 32, 32), SEEDS, torch.tensor([0, 5]))


def test_motion_can_be_judged_of_small_frames() -> None:
    large, small = (ClipCritic(SIX, 32, 4, shrink, head="classes") for shrink in (1, 2))
    clips, label = torch.rand(2, 16, 3, 32, 32), torch.tensor([0, 5])
    assert small(clips, SEEDS, label).shape == large(clips, SEEDS, label).shape == (2, 7, 1, 1, 1)
    blocks = torch.nn.functional.avg_pool3d(clips.transpose(1, 2), (1, 2, 2)).repeat_interleave(2, -1)
    same = blocks.repeat_interleave(2, -2).transpose(1, 2)
    torch.testing.assert_close(small.eval()(clips, SEEDS, label), small(same, SEEDS, label))


def test_a_projection_depends_on_the_class_and_a_patch_does_not() -> None:
    clips, label = torch.rand(2, 13, 3, 16, 16), torch.tensor([0, 1])
    told = ClipCritic(SIX, 16, 4, head="projection", norm="spectral").eval()
    untold = ClipCritic([], 16, 4).eval()
    assert not torch.equal(told(clips, SEEDS, label), told(clips, SEEDS, 1 - label))
    assert torch.equal(untold(clips, SEEDS, label), untold(clips, SEEDS, 1 - label))


def test_a_head_without_its_classes_is_refused() -> None:
    with pytest.raises(UserError, match="head projection needs classes"):
        ClipCritic(head="projection")
    with pytest.raises(UserError, match="head patch has no classes"):
        ClipCritic(SIX)


def test_augmentation_treats_frames_alike_follows_from_seeds_and_lets_gradients_through() -> None:
    augmentation = ClipAugmentation(0.5)
    seeds = torch.arange(64)
    still = torch.rand(64, 1, 3, 16, 16).expand(-1, 4, -1, -1, -1).clone().requires_grad_()
    changed = augmentation(still, seeds)
    assert torch.equal(changed, changed[:, :1].expand_as(changed))
    assert torch.equal(changed, augmentation(still, seeds))
    untouched = torch.isclose(changed, still, rtol=0, atol=1e-6).flatten(1).all(1)
    assert 0 < untouched.sum() < 32  # a half to the fourth is not touched; a shift of less than half a pixel is none
    changed.sum().backward()
    assert still.grad is not None
    torch.testing.assert_close(ClipAugmentation(0)(still, seeds), still, rtol=0, atol=1e-6)
    with pytest.raises(UserError, match=r"probability=0.8: expected 0 or more and below 0.8"):
        ClipAugmentation(0.8)


def test_the_classified_loss_by_hand() -> None:
    loss, label = Classified(Vanilla(), 2.0), torch.tensor([1, 0])
    verdict = torch.tensor([0.0, 0.0])
    classes = torch.tensor([[0.0, 0.0], [3.0, 0.0]])  # even, then surely the first
    logits = torch.cat([verdict[:, None], classes], 1)[..., None, None, None]
    entropy = (torch.tensor(2.0).log() + (1 + torch.tensor(-3.0).exp()).log()) / 2
    torch.testing.assert_close(loss.generator(logits, label), torch.tensor(2.0).log() + 2 * entropy)
    torch.testing.assert_close(loss.discriminator(logits, 0 * logits, label), 2 * torch.tensor(2.0).log() + 2 * entropy)
    assert loss.accuracy(logits + 1, logits - 1) == (1, 1)


@pytest.mark.parametrize("norm", ["spectral", "none"])
def test_gray_clips_are_judged_where_no_norm_shifts_them(norm: str) -> None:
    gray = torch.full((2, 13, 3, 16, 16), 0.5)
    for critic in (FrameCritic(4, norm=norm), ClipCritic([], 16, 4, norm=norm)):  # type: ignore[arg-type]
        assert critic(gray, SEEDS).abs().min() > 0
