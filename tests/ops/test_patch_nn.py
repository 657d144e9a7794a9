"""VGPNN and its PatchMatch: patches that are there are found, and what is made is made of them."""

from pathlib import Path

import pytest
import torch

from tests.media import panning
from vidgan.data.single_video import WorkedVideo
from vidgan.errors import UserError
from vidgan.metrics.patches import nearest_patches
from vidgan.ops.patch_match import matched, patches_of, principal_patches, proportional
from vidgan.ops.patch_nn import PATCH, refined, vgpnn
from vidgan.ops.resize import resize

CLIP = Path(__file__).parents[2] / "assets" / "clips" / "test" / "animation_meadow.mp4"
VIDEO = panning(8, 1, 24, 32)


def test_a_piece_of_a_video_is_found_in_it() -> None:
    components = principal_patches(VIDEO, PATCH)
    assert components.shape == (32, 3, 3, 7, 7)
    piece, whole = patches_of(VIDEO[2:6, :, 5:17, 9:25], components), patches_of(VIDEO, components)
    assert (piece.shape, whole.shape) == ((2, 6, 10), (6, 18, 26))
    found = matched(piece, whole, proportional(piece.shape, whole.shape, VIDEO.device), sweeps=3, seed=0)
    shift = (found.places - proportional(piece.shape, piece.shape, VIDEO.device)).T
    # what the camera shows two frames later lies two pixels further to the left
    right = (shift - torch.tensor([2, 5, 9])) * torch.tensor([1, 0, 0]) + torch.tensor([0, 5, 9])
    expected = torch.stack([shift[:, 0], right[:, 1], 9 + 2 - shift[:, 0]], 1)
    assert ((shift == expected).all(1)).float().mean() > 0.95
    assert found.distances.median() < 1e-9


def test_the_video_itself_stays_as_it_is() -> None:
    torch.testing.assert_close(refined(VIDEO, VIDEO, 1), VIDEO)


def test_what_is_made_wider_consists_of_patches_of_the_video() -> None:
    video = WorkedVideo.at(CLIP, 40, 5).read(0, 5).float() / 255
    wide = resize(video, (40, 46)).clamp(0, 1)
    made = vgpnn(video, wide)
    assert made.shape == wide.shape
    assert nearest_patches(made, video).mean() < 0.5 * nearest_patches(wide, video).mean()
    assert torch.isin(made, video.unique()).all()  # the median of an odd number of votes is one of them


def test_a_seed_decides_what_is_made_of_noise() -> None:
    small = VIDEO[:3, :, :16, :16]
    first, again, other = (vgpnn(small, small, seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_clips_smaller_than_a_patch_are_refused() -> None:
    for small in (VIDEO[:2], VIDEO[..., :6]):
        with pytest.raises(UserError, match=r"patches are of 3 frames of 7x7 pixels, and a clip has"):
            vgpnn(VIDEO, small)
