"""VGPNN: a video made of the patches of one other, without any training (Haim et al. 2022, "Diverse generation from a
single video made possible").
"""

from itertools import product

import torch
from torch import Tensor

from vidgan.errors import UserError
from vidgan.ops.patch_match import Extent, matched, patches_of, principal_patches, proportional
from vidgan.ops.resize import resize
from vidgan.randomness import mix, normal

PATCH: Extent = (3, 7, 7)
RATIO, COARSEST = 0.85, (3, 15)  # of the pyramid: between levels, and at its top the frames and pixels of a side
ROUNDS = 5
NOISE = 2.5  # 5 of frames in [-1, 1]
_ALPHA = 0.005  # less makes all of the video appear more (GPNN, Granot et al. 2022, equation 3)
_SWEEPS = 2
_COLUMNS = 1 << 17  # pixels whose votes are counted at once


def vgpnn(video: Tensor, guess: Tensor, seed: int | None = None) -> Tensor:
    """The clip nearest to a first guess whose every patch is one of a video.

    From coarse to fine, each patch of the guess is replaced by the nearest of the video, and a pixel becomes the median
    of what all the patches around it say. Of patches that are as near, those count that nothing else is like. Memory is
    about 1.5 kB a pixel and frame.

    Args:
        video: (N, 3, h, w) in [0, 1]: where patches are from.
        guess: (T, 3, H, W) in [0, 1]: the video retargeted in any way.
        seed: None retargets. With one, noise of a deviation of 5 (in [-1, 1]) is added to the guess at the coarsest
            level, so that a new video comes out.

    Returns:
        (T, 3, H, W) in [0, 1].

    Raises:
        UserError: one of them is smaller than a patch.
    """
    refuse_small(video, guess)
    shares = _shares(len(video), min(video.shape[-2:]))
    made = _scaled(guess, shares[-1])
    if seed is not None:
        draws = normal(torch.tensor([seed], device=guess.device), "noise", *made.shape)[0]
        made = made + NOISE * draws
    coarser: Tensor | None = None
    for level in reversed(range(len(shares))):
        values = _scaled(video, shares[level])
        made = _sized(made, _extent(guess, shares[level]))
        blurred = values if coarser is None else _sized(coarser, _of(values))
        ways: tuple[Tensor, Tensor] | None = None
        for number in range(ROUNDS):
            keys = blurred if number == 0 else values
            made, ways = _replaced(made, keys, values, mix(seed or 0, level, number), ways)
        coarser = values
    return made.clamp(0, 1)


def refined(video: Tensor, made: Tensor, rounds: int, seed: int = 0) -> Tensor:
    """What was made in some other way, with its patches replaced by the nearest ones of the video, so many times.

    Args:
        video: (N, 3, h, w) in [0, 1].
        made: (T, 3, H, W) in [0, 1].
        rounds: how often.
        seed: what is drawn in the search follows from it.

    Raises:
        UserError: one of them is smaller than a patch.
    """
    refuse_small(video, made)
    ways: tuple[Tensor, Tensor] | None = None
    for number in range(rounds):
        made, ways = _replaced(made, video, video, mix(seed, number), ways)
    return made.clamp(0, 1)


def refuse_small(*clips: Tensor) -> None:
    """
    Raises:
        UserError: a clip (T, 3, H, W) is smaller than a patch.
    """
    for clip in clips:
        if any(side < least for side, least in zip(_of(clip), PATCH, strict=True)):
            raise UserError(
                f"VGPNN's patches are of 3 frames of 7x7 pixels, and a clip has {len(clip)} frames of "
                f"{clip.shape[-1]}x{clip.shape[-2]}; choose a larger size or more frames."
            )


def _shares(frames: int, side: int) -> list[tuple[float, float]]:
    """Of each level, finest first: of frames, and of height and width."""
    smallest = min(1.0, COARSEST[0] / frames), min(1.0, COARSEST[1] / side)
    shares = [(1.0, 1.0)]
    while shares[-1] != smallest:
        time, space = (max(least, RATIO ** len(shares)) for least in smallest)
        shares.append((time, space))
    return shares


def _of(frames: Tensor) -> Extent:
    return len(frames), frames.shape[-2], frames.shape[-1]


def _extent(frames: Tensor, share: tuple[float, float]) -> Extent:
    """Of a level of a clip; a patch fits into it."""
    sides = (round(count * part) for count, part in zip(_of(frames), (share[0], share[1], share[1]), strict=True))
    time, height, width = (max(side, least) for side, least in zip(sides, PATCH, strict=True))
    return time, height, width


def _scaled(frames: Tensor, share: tuple[float, float]) -> Tensor:
    return _sized(frames, _extent(frames, share))


def _sized(frames: Tensor, extent: Extent) -> Tensor:
    """(T, 3, H, W) of another extent; where it is smaller, smoothed."""
    if _of(frames) == extent:
        return frames
    spaced = resize(frames, extent[1:])
    return resize(spaced.movedim(0, -1)[..., None], (extent[0], 1))[..., 0].movedim(-1, 0)


def _replaced(
    made: Tensor, keys: Tensor, values: Tensor, seed: int, ways: tuple[Tensor, Tensor] | None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Each pixel of what was made as the patches of a video around it have it; patches are looked for among ``keys``.

    Beside it, where patches were found, in both directions: where the next round begins to look.
    """
    components = principal_patches(keys, PATCH)
    queries, known = patches_of(made, components), patches_of(keys, components)
    sweeps = _SWEEPS if ways is None else 1
    if ways is None:
        ways = (
            proportional(known.shape, queries.shape, made.device),
            proportional(queries.shape, known.shape, made.device),
        )
    # In [-1, 1], where values are twice as large: what is like none of the queries yet has the smallest weight.
    back = matched(known, queries, ways[0], sweeps, mix(seed, "back"))
    weights = 1 / (_ALPHA + 4 * back.distances)
    there = matched(queries, known, ways[1], sweeps, mix(seed, "there"), weights)
    voted = _voted(there.places.unflatten(1, queries.shape), values, _of(made))
    return voted, (back.places, there.places)


def _voted(places: Tensor, values: Tensor, extent: Extent) -> Tensor:
    """(T, 3, H, W): of each pixel the median of what the patches that cover it show there.

    Args:
        places: (3, t, h, w) where in the video the patch lies that each was replaced by.
        values: (N, 3, h, w) the video.
        extent: of the result.
    """
    frames, height, width = extent
    colors = values.permute(0, 2, 3, 1).reshape(-1, 3)
    pixels = torch.stack(
        torch.meshgrid(*(torch.arange(side, device=values.device) for side in extent), indexing="ij")
    ).flatten(1)
    return (
        torch.cat([_medians(part, places, colors, _of(values)) for part in pixels.split(_COLUMNS, dim=1)])
        .reshape(frames, height, width, 3)
        .permute(0, 3, 1, 2)
    )


def _medians(pixels: Tensor, places: Tensor, colors: Tensor, extent: Extent) -> Tensor:
    """(P, 3) of pixels (3, P)."""
    most = torch.tensor(places.shape[1:], device=pixels.device)[:, None] - 1
    votes = []
    for offset in product(*map(range, PATCH)):
        # The patch that has the pixel at this offset; beside the border, the nearest that there is.
        corner = (pixels - torch.tensor(offset, device=pixels.device)[:, None]).clamp(min=0).minimum(most)
        found = places[:, corner[0], corner[1], corner[2]] + pixels - corner
        votes.append(colors[(found[0] * extent[1] + found[1]) * extent[2] + found[2]])
    return torch.stack(votes).flatten(1).T.contiguous().median(1).values.unflatten(0, (-1, 3))
