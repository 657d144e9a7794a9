import torch

from vidgan.discriminators.between import BetweenPatchGAN
from vidgan.discriminators.patch import PatchGAN


def test_it_is_a_patch_gan_of_the_frame_and_its_differences() -> None:
    torch.manual_seed(0)
    judge = BetweenPatchGAN(4, 2).eval()
    frames, first, second = torch.rand(3, 2, 4, 3, 32, 32)
    logits, features = judge(frames, first, second, return_features=True)
    assert logits.shape == (8, 1, 6, 6)
    assert [feature.shape[1] for feature in features] == [4, 8, 16]
    plain = PatchGAN(4, 2, inputs=9).eval()
    plain.load_state_dict(judge.state_dict())
    seen = torch.cat([frames, frames - first, frames - second], 2)
    assert torch.equal(plain(seen), logits)
    # Frames that are what is around them tell nothing by their differences: the same for any order of the two.
    assert torch.equal(judge(first, first, first), plain(torch.cat([first, first * 0, first * 0], 2)))


def test_parameters() -> None:
    """A PatchGAN of three channels has 64 * 16 * 6 fewer in its first layer."""
    count = [sum(part.numel() for part in net.parameters()) for net in (BetweenPatchGAN(), PatchGAN())]
    assert count[0] - count[1] == 64 * 16 * 6
