import torch

from vidgan.discriminators.holes import HolePatchGAN
from vidgan.discriminators.patch import PatchGAN


def test_it_judges_patches_that_holes_reach_into() -> None:
    torch.manual_seed(0)
    judge = HolePatchGAN(4, 2).eval()
    frames, mask = torch.rand(1, 2, 3, 32, 32), torch.zeros(1, 2, 1, 32, 32)
    mask[0, 1, 0, 12:20, 10:12] = 1
    logits, features = judge(frames, mask, return_features=True)
    plain = PatchGAN(4, 2, inputs=4).eval()
    plain.load_state_dict(judge.state_dict())
    whole = plain(torch.cat([frames, mask], 2))
    assert whole.shape == (2, 1, 6, 6)
    # 6 logits across 32 pixels: rows 12 to 20 lie in the third and fourth, columns 10 and 11 in the second and third.
    assert torch.equal(logits, whole[1, 0, 2:4, 1:3].flatten())
    assert [feature.shape[:2] for feature in features] == [(2, 4), (2, 8), (2, 16)]


def test_where_there_is_no_hole_it_judges_all() -> None:
    judge = HolePatchGAN(4, 2).eval()
    assert judge(torch.rand(1, 2, 3, 32, 32), torch.zeros(1, 2, 1, 32, 32)).shape == (2 * 6 * 6,)
