"""Holes of a video are filled, from file to file, and nothing else is touched."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.media import moving, write_folder, write_video
from vidgan.errors import UserError
from vidgan.generators.inpainter import Inpainter
from vidgan.generators.propagation_blend import PropagationBlend
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.inference.trained import Trained
from vidgan.tasks.inpainting.options import Options
from vidgan.tasks.inpainting.use import inpaint
from vidgan.video.reader import iterate

FRAMES = moving(6)
BOX = [10, 12, 20, 16]
HOLE = np.zeros((48, 64), bool)
HOLE[12:28, 10:30] = True


class Noted(Inpainter):
    """Fills with grey, and notes what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Tensor] = []

    def fill(self, low: Tensor) -> Tensor:
        self.given.append(low.clone())
        return torch.full_like(low[:, :, :3], 0.5)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_folder(tmp_path / "in", FRAMES)
    return tmp_path / "in"


def made(source: Path, out: Path, network: nn.Module | None = None, **options: Any) -> np.ndarray:
    inpaint(source, out, trained=Trained(network or Noted()), **{"dilate": 0, **options})
    return np.stack([cv2.imread(str(path))[..., ::-1] for path in sorted(out.iterdir())])


def picture(path: Path) -> Path:
    cv2.imwrite(str(path), 255 * HOLE.astype(np.uint8))
    return path


def folder(path: Path) -> Path:
    write_folder(path, np.repeat(255 * HOLE.astype(np.uint8)[None, ..., None], 3, -1).repeat(6, 0))
    return path


def video(path: Path) -> Path:
    masks = np.repeat(255 * HOLE.astype(np.uint8)[None, ..., None], 3, -1).repeat(6, 0)
    write_video(path.with_suffix(".mkv"), masks, codec="ffv1")
    return path.with_suffix(".mkv")


MASKS: dict[str, Callable[[Path], Any]] = {
    "box": lambda path: BOX,
    "picture": lambda path: picture(path.with_suffix(".png")),
    "folder": folder,
    "video": video,
}


@pytest.mark.parametrize("kind", MASKS)
def test_only_what_is_marked_is_touched(kind: str, source: Path, tmp_path: Path) -> None:
    network = Noted()
    mask = MASKS[kind](tmp_path / "mask")
    frames = made(source, tmp_path / "out", network, mask=mask if kind == "box" else str(mask))
    assert (frames[:, HOLE] == 128).all()
    assert np.array_equal(frames[:, ~HOLE], FRAMES[:, ~HOLE])
    (given,) = network.given
    assert given.shape == (1, 6, 4, 48, 64)
    assert not given[:, :, :3, torch.from_numpy(HOLE)].any()
    assert torch.equal(given[0, :, 3] > 0, torch.from_numpy(HOLE).expand(6, -1, -1))


def test_a_video_without_loss_is_as_it_was_outside(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mkv", FRAMES, codec="ffv1")
    out = inpaint(tmp_path / "in.mkv", tmp_path / "out.mkv", trained=Trained(Noted()), mask=BOX, dilate=0, codec="ffv1")
    was, made = (np.stack(list(iterate(path))) for path in (tmp_path / "in.mkv", out))
    assert np.array_equal(made[:, ~HOLE], was[:, ~HOLE])
    assert (made[:, HOLE] == 128).all()


def test_of_a_mask_with_alpha_what_is_opaque_counts(source: Path, tmp_path: Path) -> None:
    """Painted in white on a layer whose clear part is white as well."""
    layer = np.dstack([np.full((48, 64, 3), 255, np.uint8), 255 * HOLE.astype(np.uint8)])
    cv2.imwrite(str(tmp_path / "mask.png"), layer)
    frames = made(source, tmp_path / "out", mask=str(tmp_path / "mask.png"))
    assert (frames[:, HOLE] == 128).all()
    assert np.array_equal(frames[:, ~HOLE], FRAMES[:, ~HOLE])


@pytest.mark.parametrize("color", ["lime", "#00ff00", "rgb(0, 255, 0)"])
def test_a_color_marks_holes(color: str, tmp_path: Path) -> None:
    """As far as the tolerance goes."""
    frames = FRAMES.clip(20, 200)
    frames[:, HOLE] = (0, 250, 5)
    frames[:, 0, 0] = (0, 255, 20)
    write_folder(tmp_path / "in", frames)
    found = made(tmp_path / "in", tmp_path / "out", mask=color)
    assert (found[:, HOLE] == 128).all()
    assert np.array_equal(found[:, ~HOLE], frames[:, ~HOLE])


def test_holes_grow_by_whole_pixels_on_each_side(source: Path, tmp_path: Path) -> None:
    frames = made(source, tmp_path / "out", mask=BOX, dilate=3)
    assert (frames[:, 9:31, 7:33] == 128).all()
    outside = np.ones((48, 64), bool)
    outside[9:31, 7:33] = False
    assert np.array_equal(frames[:, outside], FRAMES[:, outside])


def test_sixteen_bits_stay_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    generator = np.random.default_rng(0)
    deep = generator.integers(0, 65536, (3, 48, 64, 3), dtype=np.uint16)
    for number, frame in enumerate(deep):
        cv2.imwrite(str(tmp_path / f"in/{number}.png"), frame)
    inpaint(tmp_path / "in", tmp_path / "out", trained=Trained(Noted()), mask=BOX, dilate=0)
    for number, frame in enumerate(deep):
        found = cv2.imread(str(tmp_path / f"out/{number}.png"), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(found[~HOLE], frame[~HOLE])
        assert (found[HOLE] == 32768).all()


def test_chunks_and_tiles_fill_as_the_whole_does_where_they_see_enough(source: Path, tmp_path: Path) -> None:
    network = PropagationBlend(8, 8, 1).eval()
    whole = made(source, tmp_path / "whole", network, mask=BOX)
    parts = made(source, tmp_path / "parts", network, mask=BOX, chunk=2, context=6)
    assert np.array_equal(whole, parts)
    tiles = made(source, tmp_path / "tiles", network, mask=BOX, tile=40)
    assert np.array_equal(tiles[:, ~HOLE], FRAMES[:, ~HOLE])


def other(path: Path, frames: int = 6, size: tuple[int, int] = (48, 64), **rate: str) -> Path:
    write_video(path, moving(frames, *size), **rate)
    return path


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "nothing there": (lambda path: "masks.png", r"mask=masks.png: expected a video, a picture or a folder"),
    "short": (lambda path: folder_of(path, 5), r"has 5 frames, and the input 6; each frame needs a mask"),
    "small": (lambda path: other(path / "m.mp4", size=(48, 62)), r"m.mp4 is 62 x 48 pixels, and the input 64 x 48"),
    "no video": (lambda path: text(path / "m.mp4"), r"^mask: .*m.mp4: cannot be read as video"),
    "all": (lambda path: [0, 0, 64, 48], r"covers all of frame 0: nothing is left to fill it from"),
    "no such color": (lambda path: "lime", r"mask=lime marks nothing: no pixel is within tolerance=8 of this color"),
    "dark picture": (
        lambda path: dark(path),
        r"mask.png marks nothing: nowhere is it brighter than 127",
    ),
    "dark video": (
        lambda path: dark(path, 6),
        r"masks marks nothing: nowhere is it brighter than 127",
    ),
    "clear": (lambda path: clear(path), r"mask.png marks nothing: nowhere is it brighter"),
    "names": (lambda path: shifted(path), r"under the names of pictures of the input, but none for frame_0; give each"),
    "long name": (lambda path: "m" * 300, r"^mask=m+: expected a video, a picture or a folder"),
    "outside": (lambda path: [70, 0, 8, 8], r"the box lies outside of frames of 64 x 48 pixels"),
    "three": (lambda path: [1, 2, 3], r"mask=\[1, 2, 3\]: a box is \[x, y, width, height\] in whole pixels"),
    "words": (lambda path: [1, 2, "3", 4], r"a box is \[x, y, width, height\]"),
    "fraction": (lambda path: [0.5, 0, 4, 4], r"a box is \[x, y, width, height\]"),
    "empty": (lambda path: [0, 0, 0, 4], r"a box is \[x, y, width, height\]"),
    "number": (lambda path: 7, r"mask=7: expected a video, a picture or a folder"),
}


def folder_of(path: Path, frames: int) -> Path:
    write_folder(path / "masks", moving(frames))
    return path / "masks"


def dark(path: Path, frames: int = 0) -> Path:
    """Marks of 1, as maps of labels have, in a picture or in a folder of them."""
    marks = np.ones((48, 64), np.uint8)
    if not frames:
        cv2.imwrite(str(path / "mask.png"), marks)
        return path / "mask.png"
    (path / "masks").mkdir()
    for number in range(frames):
        cv2.imwrite(str(path / f"masks/{number}.png"), marks)
    return path / "masks"


def clear(path: Path) -> Path:
    """White, but nowhere to be seen."""
    cv2.imwrite(str(path / "mask.png"), np.full((48, 64, 4), (255, 255, 255, 0), np.uint8))
    return path / "mask.png"


def shifted(path: Path) -> Path:
    """As many masks as pictures, under their names from the second on."""
    folder(path / "masks")
    (path / "masks/frame_0.png").rename(path / "masks/frame_6.png")
    return path / "masks"


def text(path: Path) -> Path:
    path.write_text("no video")
    return path


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_mask_is_one_sentence_and_nothing_is_written(name: str, source: Path, tmp_path: Path) -> None:
    mask, sentence = WRONG[name]
    given = mask(tmp_path)
    with pytest.raises(UserError, match=sentence) as error:
        made(source, tmp_path / "out", mask=str(given) if isinstance(given, Path) else given)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_mask_at_another_rate_is_refused(tmp_path: Path) -> None:
    for name, rate in (("in", 25), ("mask", 30)):
        with av.open(str(tmp_path / f"{name}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=rate)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for frame in FRAMES:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode())
    with pytest.raises(UserError, match="30 frames a second, and the input 25; they must be equal, or give"):
        inpaint(tmp_path / "in.mp4", tmp_path / "out.mp4", trained=Trained(Noted()), mask=str(tmp_path / "mask.mp4"))
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("count", [1, 2])
def test_clips_of_one_or_two_frames_are_filled(count: int, tmp_path: Path) -> None:
    write_folder(tmp_path / "in", FRAMES[:count])
    frames = made(tmp_path / "in", tmp_path / "out", PropagationBlend(8, 8, 1).eval(), mask=BOX)
    assert len(frames) == count
    assert np.array_equal(frames[:, ~HOLE], FRAMES[:count, ~HOLE])


def test_a_mask_is_not_written_over(source: Path, tmp_path: Path) -> None:
    mask = picture(tmp_path / "mask.png")
    before = mask.read_bytes()
    with pytest.raises(UserError, match="is an input itself; choose another name"):
        inpaint(source, mask, trained=Trained(Noted()), mask=str(mask), overwrite=True)
    assert mask.read_bytes() == before


def test_a_mask_is_asked_for(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="mask is not set; give mask=<value>"):
        Options(input=str(source), output=str(tmp_path / "out"))
    with pytest.raises(UserError, match="mask=None: expected a value"):
        Options(input=str(source), output=str(tmp_path / "out"), mask=None)


def test_a_network_that_fills_no_holes_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="RRDBNet fills no holes"):
        made(source, tmp_path / "out", RRDBNet(1, channels=4, blocks=1, growth=2), mask=BOX)


def videos(root: Path, names: tuple[str, ...] = ("a.mkv", "b.mkv")) -> Path:
    root.mkdir()
    for name in names:
        write_video(root / name, FRAMES, codec="ffv1")
    return root


def test_of_several_videos_each_has_the_mask_of_its_name(tmp_path: Path) -> None:
    """A picture for all frames of one, pictures for each of the other; what else lies there is passed over."""
    source, masks = videos(tmp_path / "in"), tmp_path / "masks"
    masks.mkdir()
    cv2.imwrite(str(masks / "a.png"), 255 * HOLE.astype(np.uint8))
    other_hole = np.roll(HOLE, 15, 0)
    write_folder(masks / "b", np.repeat(255 * other_hole.astype(np.uint8)[None, ..., None], 3, -1).repeat(6, 0))
    (masks / "notes.txt").write_text("of other clips\n")
    inpaint(source, tmp_path / "out", trained=Trained(Noted()), mask=str(masks), dilate=0, codec="ffv1")
    for name, hole in (("a", HOLE), ("b", other_hole)):
        was, frames = (np.stack(list(iterate(folder / f"{name}.mkv"))) for folder in (source, tmp_path / "out"))
        assert (frames[:, hole] == 128).all()
        assert np.array_equal(frames[:, ~hole], was[:, ~hole])


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (("a.png",), "has none for b.mkv of the 2 clips of the input; give each a video,"),
        (("c.png",), "has none for a.mkv and 1 more of the 2 clips"),
        (("a.png", "b.png", "b.jpg"), "has b.jpg and b.png for b.mkv; leave one of them there"),
    ],
)
def test_masks_that_do_not_fit_the_names_of_videos(there: tuple[str, ...], told: str, tmp_path: Path) -> None:
    source, masks = videos(tmp_path / "in"), tmp_path / "masks"
    masks.mkdir()
    for name in there:
        cv2.imwrite(str(masks / name), 255 * HOLE.astype(np.uint8))
    with pytest.raises(UserError, match=re.escape(told)):
        inpaint(source, tmp_path / "out", trained=Trained(Noted()), mask=str(masks))
    assert not (tmp_path / "out").exists()
