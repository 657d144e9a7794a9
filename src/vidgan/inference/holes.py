"""Holes as users mark them: a mask for each frame or for all, a box, or a color."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from natsort import natsorted
from PIL import ImageColor

from vidgan.data.pictures import is_image, is_junk
from vidgan.errors import UserError
from vidgan.inference.inputs import Input, open_input
from vidgan.inference.placing import Item
from vidgan.video.color import Pixels, to_8_bits

_SAME_RATE = Fraction(1, 1000)  # of which files that count time otherwise may differ: 29.97 is 30000/1001

_DARK = 127  # of 255; what is brighter in a mask is a hole

#: (H, W) bool, true in holes.
Hole = np.ndarray

_KINDS = (
    "expected a video, a picture or a folder of pictures that is there, a box [x, y, width, height], or a color such "
    'as lime or "#00ff00"'
)


@dataclass(frozen=True)
class Marked:
    """How holes are marked.

    Args:
        mask: as of :class:`vidgan.tasks.inpainting.options.Options`.
        tolerance: of a color, in 8-bit levels.
        dilate: pixels by which holes grow on each side.

    Raises:
        UserError: it is none of what marks holes.
    """

    mask: Any
    tolerance: int = 0
    dilate: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.mask, Sequence) and not isinstance(self.mask, str):
            _refuse_no_box(self.mask)
        elif not self.files:
            self._color()

    def marked(self, given: Input) -> Input:
        """The input with holes: its frames are (H, W, 4), 0 in holes, and in the last channel as large as can be there.

        Raises:
            UserError: the mask is of another length, size or rate; or, told when it is reached, a frame is all hole, or
                none has any.
        """
        return replace(given, items=self._punched(given.items, self._holes(given)))

    def _punched(self, items: Iterable[Item], hole_of: Callable[[Pixels], Hole]) -> Iterator[Item]:
        found = False
        for number, (pixels, at) in enumerate(items):
            hole = _grown(hole_of(pixels), self.dilate)
            if hole.all():
                raise UserError(
                    f"mask={self._told} covers all of frame {number}: nothing is left to fill it from; leave the frame "
                    "out, or give smaller holes or a smaller dilate"
                )
            found = found or bool(hole.any())
            most = np.iinfo(pixels.dtype).max
            frame = np.where(hole[..., None], pixels.dtype.type(0), pixels)
            yield np.dstack([frame, hole.astype(pixels.dtype) * most]), at
        if not found:
            raise self._nothing()

    def _holes(self, given: Input) -> Callable[[Pixels], Hole]:
        """What tells the holes of the next frame."""
        if not isinstance(self.mask, str | Path):
            return self._box
        if not self.files:
            color = np.array(self._color())
            return lambda pixels: (np.abs(_bytes(pixels).astype(int) - color) <= self.tolerance).all(-1)
        masks = open_input(self._path, "mask")
        every = map(_white, masks.items)
        if is_image(self._path.name):
            picture = next(every)
            if not picture.any():
                raise self._nothing()
            return lambda pixels: self._fitting(picture, pixels)
        self._refuse_other_length(masks, given)
        self._refuse_other_names(masks, given)
        return lambda pixels: self._fitting(self._next(every), pixels)

    def _box(self, pixels: Pixels) -> Hole:
        x, y, width, height = self.mask
        hole = np.zeros(pixels.shape[:2], bool)
        hole[y : y + height, x : x + width] = True
        if not hole.any():
            raise UserError(
                f"mask={self._told}: the box lies outside of frames of {pixels.shape[1]} x {pixels.shape[0]} pixels."
            )
        return hole

    def _fitting(self, mask: Hole, pixels: Pixels) -> Hole:
        if mask.shape != pixels.shape[:2]:
            raise UserError(
                f"mask={self._told} is {mask.shape[1]} x {mask.shape[0]} pixels, and the input {pixels.shape[1]} x "
                f"{pixels.shape[0]}; they must be equal."
            )
        return mask

    def _next(self, masks: Iterator[Hole]) -> Hole:
        for mask in masks:
            return mask
        raise UserError(f"mask={self._told} ends before the input does; it needs a mask for each frame.")

    def _refuse_other_length(self, masks: Input, given: Input) -> None:
        if masks.count != given.count:
            raise UserError(
                f"mask={self._told} has {masks.count} frames, and the input {given.count}; each frame needs a mask."
            )
        if masks.video and given.video and abs(masks.fps / given.fps - 1) > _SAME_RATE:
            raise UserError(
                f"mask={self._told} has {masks.fps} frames a second, and the input {given.fps}; they must be equal, or "
                "give a folder of pictures, one for each frame."
            )

    def _refuse_other_names(self, masks: Input, given: Input) -> None:
        """Where pictures and masks share names, a picture without its mask would shift all that follow."""
        of_masks, of_pictures = ({Path(name).stem for name in files.names} for files in (masks, given))
        if of_masks & of_pictures and (alone := natsorted(of_pictures - of_masks)):
            raise UserError(
                f"mask={self._told} has masks under the names of pictures of the input, but none for {alone[0]}; give "
                "each picture one, or name them otherwise to have them taken in their order."
            )

    def _nothing(self) -> UserError:
        if self.files:
            return UserError(
                f"mask={self._told} marks nothing: nowhere is it brighter than {_DARK} of 255, and opaque."
            )
        return UserError(
            f"mask={self._told} marks nothing: no pixel is within tolerance={self.tolerance} of this color."
        )

    def _color(self) -> tuple[int, ...]:
        try:
            return ImageColor.getrgb(str(self.mask))[:3]
        except ValueError as error:
            raise UserError(f"mask={self.mask}: {_KINDS}.") from error

    @property
    def files(self) -> list[Path]:
        """What is read beside the input."""
        try:
            return [self._path] if isinstance(self.mask, str | Path) and self._path.exists() else []
        except OSError:  # no name of a file
            return []

    @property
    def _path(self) -> Path:
        return Path(self.mask)

    @property
    def _told(self) -> str:
        return str(self.mask if isinstance(self.mask, str | Path) else list(self.mask))


def marked_by_name(marked: Marked, clips: Sequence[Path]) -> dict[Path, Marked]:
    """Of several clips and a folder of masks, that of each: the entry of its name, whatever the suffix.

    Args:
        marked: how holes are marked; its mask is a folder.
        clips: the clips.

    Raises:
        UserError: a clip has no mask, or more than one.
    """
    folder = Path(marked.mask)
    masks = [path for path in natsorted(folder.iterdir()) if not is_junk(path.name)]
    found = {clip: _of_name(clip, masks) for clip in clips}
    if without := [clip.name for clip in clips if not found[clip]]:
        more = f" and {len(without) - 1} more" if len(without) > 1 else ""
        raise UserError(
            f"mask={folder} has none for {without[0]}{more} of the {len(clips)} clips of the input; give each a video, "
            "a picture or a folder of pictures under its name, or one mask for all: a picture, a box or a color."
        )
    for clip, fitting in found.items():
        if len(fitting) > 1:
            names = " and ".join(path.name for path in fitting)
            raise UserError(f"mask={folder} has {names} for {clip.name}; leave one of them there.")
    return {clip: replace(marked, mask=fitting[0]) for clip, fitting in found.items()}


def _of_name(clip: Path, masks: Sequence[Path]) -> list[Path]:
    """Those of the clip's whole name, or else of its name without the suffix."""
    same = [path for path in masks if path.name == clip.name]
    return same or [path for path in masks if _bare(path) == _bare(clip)]


def _bare(path: Path) -> str:
    return path.name if path.is_dir() else path.stem


def _refuse_no_box(box: Sequence[Any]) -> None:
    whole = len(box) == 4 and all(isinstance(value, int) and not isinstance(value, bool) for value in box)
    if not whole or min(box) < 0 or min(box[2:]) < 1:
        raise UserError(f"mask={list(box)}: a box is [x, y, width, height] in whole pixels, of at least 0, 0, 1 and 1.")


def _white(mask: Item) -> Hole:
    """Where a mask is bright, and not transparent."""
    pixels, at = mask
    bright = _bytes(pixels).max(-1) > _DARK
    return bright if at.alpha is None else bright & (_bytes(at.alpha) > _DARK)


def _grown(hole: Hole, by: int) -> Hole:
    return cv2.dilate(hole.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0 if by else hole


def _bytes(pixels: Pixels) -> Pixels:
    return pixels if pixels.dtype == np.uint8 else to_8_bits(pixels)
