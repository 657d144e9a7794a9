"""The batch type keeps its parts together."""

import pytest
import torch

from vidgan.data.clip import Clip


def make_clip(*numbers: int) -> Clip:
    count = len(numbers)
    return Clip(
        frames=torch.tensor(numbers, dtype=torch.uint8).view(count, 1, 1, 1, 1).expand(count, 2, 3, 4, 4).contiguous(),
        names=[f"clip{number}" for number in numbers],
        seeds=torch.tensor(numbers),
        keypoints=torch.tensor(numbers).view(count, 1, 1, 1).expand(count, 2, 5, 2).float(),
        conditions={
            "label": torch.tensor(numbers),
            "mask": torch.full((count, 2, 1, 4, 4), 255, dtype=torch.uint8),
        },
        aligned=frozenset({"mask"}),
    )


def test_chunk_and_collate_are_inverse() -> None:
    whole = make_clip(1, 2, 3, 4)
    parts = whole.chunk(2)
    assert [part.names for part in parts] == [["clip1", "clip2"], ["clip3", "clip4"]]
    assert parts[1].seeds.tolist() == parts[1].conditions["label"].tolist() == [3, 4]
    joined = Clip.collate(parts)
    assert joined.names == whole.names
    for name in ("frames", "seeds", "keypoints"):
        assert torch.equal(getattr(joined, name), getattr(whole, name))
    for name in ("label", "mask"):
        assert torch.equal(joined.conditions[name], whole.conditions[name])
    assert joined.aligned == parts[0].aligned == {"mask"}


def test_chunk_refuses_unequal_parts() -> None:
    with pytest.raises(ValueError, match="3 clips"):
        make_clip(1, 2, 3).chunk(2)


def test_to_float_scales_pictures_once() -> None:
    clip = make_clip(0, 51, 255).to_float().to_float()
    assert clip.frames[:, 0, 0, 0, 0].tolist() == pytest.approx([0, 0.2, 1])
    assert clip.conditions["mask"].unique().tolist() == [1]
    assert clip.conditions["label"].tolist() == [0, 51, 255]


def test_to_moves_every_tensor() -> None:
    moved = make_clip(1).to("meta")
    tensors = [moved.frames, moved.seeds, moved.keypoints, *moved.conditions.values()]
    assert all(tensor is not None and tensor.is_meta for tensor in tensors)
