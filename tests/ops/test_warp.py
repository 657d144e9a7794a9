import pytest
import torch

from vidgan.ops.warp import warp

ROW = torch.tensor([[10.0, 20.0, 30.0, 40.0]]).expand(3, 4)[None, None]


def moved(x: float, y: float) -> torch.Tensor:
    return torch.tensor([x, y]).view(1, 2, 1, 1).expand(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("x", "padding", "expected"),
    [
        (0.0, "zeros", [10, 20, 30, 40]),
        (1.0, "zeros", [20, 30, 40, 0]),
        (1.0, "border", [20, 30, 40, 40]),
        (-1.0, "border", [10, 10, 20, 30]),
        (0.5, "border", [15, 25, 35, 40]),
        (0.5, "zeros", [15, 25, 35, 20]),
    ],
)
def test_horizontal_flow_reads_to_the_right(x: float, padding: str, expected: list[float]) -> None:
    warped = warp(ROW, moved(x, 0), padding)
    # A place is off by up to 5e-7 in float32, by which neighbours that differ by up to 40 mix.
    torch.testing.assert_close(warped[0, 0], torch.tensor(expected).float().expand(3, 4), rtol=0, atol=1e-4)


def test_vertical_flow_reads_downwards() -> None:
    column = torch.tensor([[1.0], [2.0], [3.0]]).expand(3, 4)[None, None]
    expected = torch.tensor([[2.0], [3.0], [0.0]]).expand(3, 4)
    # As above, with neighbours that differ by up to 3; and so below, by up to 4.
    torch.testing.assert_close(warp(column, moved(0, 1))[0, 0], expected, rtol=0, atol=1e-5)


def test_flow_varies_from_pixel_to_pixel() -> None:
    flow = torch.zeros(1, 2, 3, 4)
    flow[0, :, 0, 0] = torch.tensor([2.0, 1.0])
    image = torch.arange(12.0).view(1, 1, 3, 4)
    warped = warp(image, flow)
    assert warped[0, 0, 0, 0].item() == pytest.approx(6)
    torch.testing.assert_close(warped.flatten()[1:], image.flatten()[1:], rtol=0, atol=1e-5)


def test_bfloat16_images_are_sampled_at_exact_positions() -> None:
    image = torch.arange(300.0).remainder(7).view(1, 1, 1, 300).bfloat16()
    warped = warp(image, torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 1, 300).bfloat16())
    # In float32 a place near 300 is off by 3e-5, by which neighbours that differ by up to 6 mix; in bfloat16 by 1.
    torch.testing.assert_close(warped[..., :-1], image[..., 1:], rtol=0, atol=1e-3)
