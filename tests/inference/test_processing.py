"""Files and folders from one end to the other: names, alpha, bits, batches, and what is left after an error."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.media import moving, write_video
from vidgan.data.pictures import decode_picture
from vidgan.errors import UserError
from vidgan.inference.inputs import Input
from vidgan.inference.overlap import ahead, behind
from vidgan.inference.placing import Item, in_place
from vidgan.inference.processing import process
from vidgan.inference.video_options import VideoOptions
from vidgan.video.color import Pixels
from vidgan.video.reader import probe


def unchanged(given: Input) -> Input:
    return given


def doubled(given: Input) -> Input:
    """Twice the size, two frames at a time."""

    def work(frames: Iterator[Pixels]) -> Iterator[Pixels]:
        for frame in frames:
            yield frame.repeat(2, 0).repeat(2, 1)

    return replace(given, items=in_place(given.items, work))


def picture(path: Path, height: int = 12, width: int = 16, channels: int = 3, dtype: Any = np.uint8) -> Any:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)
    return pixels


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_pictures_keeps_their_names_and_passes_over_junk(tmp_path: Path) -> None:
    given = tmp_path / "in"
    for name in ("rose.png", "0100.png", "0099.PNG"):
        picture(given / name)
    for junk in ("._rose.png", ".DS_Store", "Thumbs.db", "notes.txt"):
        (given / junk).write_bytes(b"\0\5\26\7")
    (given / "__MACOSX").mkdir()
    (given / "__MACOSX" / "._rose.png").write_bytes(b"\0")
    process(given, tmp_path / "out", doubled, VideoOptions())
    assert names(tmp_path / "out") == ["0099.PNG", "0100.png", "rose.png"]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bits_and_alpha_of_pictures_are_kept(channels: int, dtype: Any, tmp_path: Path) -> None:
    pixels = picture(tmp_path / "a.png", channels=channels, dtype=dtype)
    process(tmp_path / "a.png", tmp_path / "b.png", unchanged, VideoOptions())
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED), pixels)
    process(tmp_path / "a.png", tmp_path / "c.png", doubled, VideoOptions())
    large = cv2.imread(str(tmp_path / "c.png"), cv2.IMREAD_UNCHANGED)
    assert large.shape == (24, 32, channels)
    assert large.dtype == dtype


def test_opaque_stays_opaque_and_clear_clear(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:, 8:, 3] = 255
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    process(tmp_path / "a.png", tmp_path / "b.png", doubled, VideoOptions())
    alpha = cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED)[..., 3]
    assert (alpha[:, :12] == 0).all()
    assert (alpha[:, 20:] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff"])
def test_pictures_are_turned_as_exif_says(suffix: str, orientation: int, tmp_path: Path) -> None:
    path, exif = tmp_path / f"a.{suffix}", Image.Exif()
    exif[0x0112] = orientation
    quarters = np.zeros((16, 32, 3), np.uint8)
    quarters[:8, :16], quarters[:8, 16:], quarters[8:, :16] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    Image.fromarray(quarters).save(path, exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    found = decode_picture(path.read_bytes(), path.name).pixels
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 8  # two decoders of JPEG


def test_a_folder_of_videos_is_a_batch_and_tells_what_failed(tmp_path: Path) -> None:
    given, out = tmp_path / "in", tmp_path / "out"
    write_video(given / "a.mp4", moving(3))
    write_video(given / "b.avi", moving(4), codec="mpeg4")
    picture(given / "c.png")
    picture(given / "d" / "0.png")
    (given / "broken.mp4").write_text("no video")
    with pytest.raises(
        UserError, match=r"1 of 5 failed, the other 4 are in .*: broken\.mp4 \(.*cannot be read as video"
    ):
        process(given, out, doubled, VideoOptions(preset="ultrafast"))
    assert names(out) == ["a.mp4", "b.mp4", "c.png", "d"]
    assert (probe(out / "a.mp4").frames, probe(out / "a.mp4").width) == (3, 128)
    assert names(out / "d") == ["0.png"]


def test_pictures_of_several_sizes_are_a_batch(tmp_path: Path) -> None:
    given, out = tmp_path / "in", tmp_path / "out"
    picture(given / "a.png", 12, 16)
    picture(given / "b.jpg", 20, 10)
    process(given, out, doubled, VideoOptions())
    assert cv2.imread(str(out / "a.png")).shape == (24, 32, 3)
    assert cv2.imread(str(out / "b.jpg")).shape == (40, 20, 3)
    with pytest.raises(UserError, match=r"output=.*x\.mp4: the input holds 2 clips of their own; give a folder"):
        process(given, tmp_path / "x.mp4", doubled, VideoOptions())


def test_videos_of_one_stem_do_not_replace_each_other(tmp_path: Path) -> None:
    given, out = tmp_path / "in", tmp_path / "out"
    for number, name in enumerate(("a.avi", "a.mpg", "a.ts", "b.ts"), 3):
        write_video(given / name, moving(number), codec="mpeg2video")
    process(given, out, unchanged, VideoOptions(preset="ultrafast"))
    assert {path.name: probe(path).frames for path in out.iterdir()} == {
        "a.avi.mp4": 3,
        "a.mpg.mp4": 4,
        "a.ts.mp4": 5,
        "b.mp4": 6,
    }


def test_folders_of_a_batch_stay_folders_whatever_they_are_named(tmp_path: Path) -> None:
    given, out = tmp_path / "in", tmp_path / "run.2"
    for name in ("take.1", "x.mp4", "y.png"):
        picture(given / name / "0.png")
        picture(given / name / "1.png")
    with pytest.raises(UserError, match=r"run\.2: the input holds 3 clips of their own; give a folder, a name without"):
        process(given, out, unchanged, VideoOptions())
    out.mkdir()
    process(given, out, unchanged, VideoOptions())
    assert {path.name: names(path) for path in out.iterdir()} == {key: ["0.png", "1.png"] for key in names(given)}


def test_a_broken_picture_does_not_make_photos_of_the_frames_of_a_clip(tmp_path: Path) -> None:
    given = tmp_path / "in"
    for name in ("0.png", "1.png"):
        picture(given / name)
    (given / "2.png").write_bytes(b"")
    for out in ("out", "out.mp4"):
        with pytest.raises(UserError, match=r"2\.png: cannot be read as an image; repair or remove it"):
            process(given, tmp_path / out, unchanged, VideoOptions())
    assert names(tmp_path) == ["in"]


def test_what_was_made_inside_of_a_folder_is_not_made_into_more(tmp_path: Path) -> None:
    given = tmp_path / "in"
    picture(given / "0.png")
    for _ in range(2):
        process(given, tmp_path / "in" / ".." / "in" / "large", unchanged, VideoOptions(overwrite=True))
    assert names(given) == ["0.png", "large"]
    assert names(given / "large") == ["0.png"]


@pytest.mark.parametrize("name", ["a.mp4", "a.png", "a.zip", "clip/2.png"])
def test_a_pipe_is_refused_and_not_waited_for(name: str, tmp_path: Path) -> None:
    picture(tmp_path / "clip" / "1.png")
    os.mkfifo(tmp_path / name)
    given = tmp_path / ("clip" if "/" in name else name)
    with pytest.raises(UserError, match=rf"{name}: is (a pipe or a device; store|no file, and has the name)"):
        process(given, tmp_path / "out.mp4", unchanged, VideoOptions())


@pytest.mark.parametrize("name", ["12:30.mp4", "file:a.mp4", "%03d.mp4", "n" * 251 + ".mp4", "é" * 125 + ".mp4"])
def test_files_are_read_and_written_whatever_they_are_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "in" / name, moving(2))
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    process(Path(name), tmp_path / "out" / name, unchanged, VideoOptions(preset="ultrafast"))
    monkeypatch.chdir(tmp_path / "out")
    assert names(tmp_path / "out") == [name]
    process(tmp_path / "in" / name, Path(name), unchanged, VideoOptions(preset="ultrafast", overwrite=True))
    assert names(tmp_path / "out") == [name]
    assert probe(Path(name)).frames == 2


def test_a_file_is_not_taken_for_the_folder_that_is_written(tmp_path: Path) -> None:
    picture(tmp_path / "in.png")
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UserError, match=r"out: is a file, and a folder of pictures is to be written"):
        process(tmp_path / "in.png", tmp_path / "out", unchanged, VideoOptions(overwrite=True))
    assert (tmp_path / "out").read_text() == "mine"


def test_a_link_that_leads_to_itself_gives_way_to_what_is_written(tmp_path: Path) -> None:
    picture(tmp_path / "in.png")
    (tmp_path / "out.png").symlink_to("out.png")
    process(tmp_path / "in.png", tmp_path / "out.png", unchanged, VideoOptions())
    assert (tmp_path / "out.png").is_file()


@pytest.mark.parametrize("name", ["b.mp4", "b.png", "frames"])
def test_what_is_there_is_not_replaced_unasked(name: str, tmp_path: Path) -> None:
    given = tmp_path / "in.png"
    picture(given)
    out = tmp_path / name
    if name == "frames":
        picture(out / "mine.png")
    else:
        out.write_text("mine")
    before = sorted(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    with pytest.raises(UserError, match=rf"{name} is there already; choose another name, or overwrite=true"):
        process(given, out, unchanged, VideoOptions())
    assert sorted(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()) == before
    process(given, out, unchanged, VideoOptions(overwrite=True))
    assert names(out) == ["in.png", "mine.png"] if name == "frames" else out.read_bytes() != b"mine"


@pytest.mark.parametrize("error", [ValueError("a fault"), KeyboardInterrupt()])
def test_an_error_leaves_nothing_and_no_thread(error: BaseException, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving(30))
    threads = threading.active_count()

    def failing(items: Iterator[Item]) -> Iterator[Item]:
        for number, item in enumerate(items):
            if number == 12:
                raise error
            yield item

    def fails(given: Input) -> Input:
        return replace(given, items=failing(given.items))

    with pytest.raises(type(error)):
        process(tmp_path / "in.mp4", tmp_path / "out.mp4", fails, VideoOptions(preset="ultrafast"))
    assert names(tmp_path) == ["in.mp4"]
    assert threading.active_count() == threads


def test_what_a_killed_process_leaves_is_cleared_by_the_next(tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4", moving(8))
    code = (
        "import os, signal, sys; from dataclasses import replace; from pathlib import Path\n"
        "from vidgan.inference.processing import process\n"
        "from vidgan.inference.video_options import VideoOptions\n"
        "def killing(items):\n"
        "    for number, item in enumerate(items):\n"
        "        yield item\n"
        "        if number == 6: os.kill(os.getpid(), signal.SIGKILL)\n"
        "def work(given):\n"
        "    return replace(given, items=killing(given.items))\n"
        "process(Path('in.mp4'), Path('out.mp4'), work, VideoOptions())"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "out.mp4").exists()
    process(tmp_path / "in.mp4", tmp_path / "out.mp4", unchanged, VideoOptions())
    assert names(tmp_path) == ["in.mp4", "out.mp4"]


def test_items_ahead_come_in_order_and_no_more_than_a_few() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    few = ahead(items())
    assert [next(few) for _ in range(3)] == [0, 1, 2]
    few.close()
    assert len(made) < 20
    assert list(ahead(range(1000))) == list(range(1000))


def test_errors_of_either_thread_come_back() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise UserError("of the items")

    with pytest.raises(UserError, match="of the items"):
        list(ahead(items()))
    done: list[int] = []

    def work(item: int) -> None:
        if item == 5:
            raise UserError("of the work")
        done.append(item)

    with pytest.raises(UserError, match="of the work"):
        list(behind(range(1000), work))
    assert done == [0, 1, 2, 3, 4]
    done.clear()
    assert len(list(behind(range(5), done.append))) == 5
    assert done == [0, 1, 2, 3, 4]
