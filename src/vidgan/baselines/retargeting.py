"""Ways to make a video of another size, length and perspective that learn nothing."""

from collections.abc import Callable

from torch import Tensor

from vidgan.ops.homography import warp_to
from vidgan.ops.patch_nn import vgpnn

#: From a video (N, 3, h, w) in [0, 1], the frames (T, 3, h, w) of it that are to be shown, homographies (T, 3, 3), the
#: height and width of what is made, and a seed where it is to be made anew rather than retargeted, to (T, 3, H, W).
Retargeting = Callable[[Tensor, Tensor, Tensor, tuple[int, int], int | None], Tensor]


def resized(video: Tensor, source: Tensor, matrices: Tensor, size: tuple[int, int], seed: int | None) -> Tensor:
    """Stretched by MATLAB's bicubic kernel, and led by the homographies."""
    return warp_to(source, matrices, size, "bicubic").clamp(0, 1)


def patch_nearest_neighbors(
    video: Tensor, source: Tensor, matrices: Tensor, size: tuple[int, int], seed: int | None
) -> Tensor:
    """VGPNN (:func:`vidgan.ops.patch_nn.vgpnn`) from the frames stretched; with a seed, from nothing but noise."""
    return vgpnn(video, resized(video, source, matrices, size, seed), seed)


def retargetings() -> dict[str, Retargeting]:
    """All of them, by name."""
    return {"resize": resized, "vgpnn": patch_nearest_neighbors}
