import torch

from vidgan.losses.cycle import CycleL1


def test_there_and_back_by_hand() -> None:
    source = torch.zeros(1, 2, 3, 4, 4)
    cycle = source.clone()
    cycle[:, 0] = 0.5
    assert abs(CycleL1()(cycle, source).item() - 0.25) < 5e-4
    cycle[:, 0] = 1e-7
    assert CycleL1()(cycle, source).item() < 1e-11
