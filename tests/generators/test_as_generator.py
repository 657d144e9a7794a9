"""Networks of somebody else's class: applied to videos where they make clips of clips, refused truthfully elsewhere."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.own_package.lab.network import Brightener
from vidgan.errors import UserError
from vidgan.generators.base import as_generator
from vidgan.generators.recurrent import RecurrentSR
from vidgan.inference.streaming import stream


class Doubled(nn.Module):
    def forward(self, clips: Tensor) -> Tensor:
        return clips.repeat_interleave(2, -1).repeat_interleave(2, -2)


class Pair(nn.Module):
    def forward(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        return clips, clips


class OnePicture(nn.Module):
    def forward(self, clips: Tensor) -> Tensor:
        return clips[:, 0]


class OfPoses(nn.Module):
    def forward(self, source: Tensor, keypoints: Tensor) -> Tensor:
        return source


def test_a_generator_is_itself() -> None:
    network = RecurrentSR(2, 4, 1)
    assert as_generator(network) is network


@pytest.mark.parametrize(("network", "scale"), [(Doubled(), 2), (Brightener(4), 1)])
def test_a_network_of_clips_is_streamed(network: nn.Module, scale: int) -> None:
    frames = [np.full((10, 14, 3), 20 * number, np.uint8) for number in range(7)]
    generator = as_generator(network.eval())
    assert generator.scale == scale
    made = np.stack(list(stream(generator, frames, chunk=2)))
    clip = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)[None].float() / 255
    with torch.inference_mode():
        whole = (network(clip)[0].clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(made, whole)


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (Pair(), "Pair cannot be applied to videos: .* it makes tuple"),
        (OnePicture(), r"OnePicture cannot be .* it makes \(1, 3, 64, 64\)"),
        (OfPoses(), "OfPoses cannot be .* it fails .* missing 1 required positional argument: 'keypoints'"),
    ],
)
def test_others_are_refused(network: nn.Module, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        as_generator(network)
