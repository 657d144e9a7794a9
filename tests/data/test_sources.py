"""Sources: what is found below a root, the same pixels however stored, and images of every kind."""

import struct
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.media import moving, write_folder, write_video, write_zip
from vidgan.data.discovery import discover
from vidgan.data.pictures import decode_image
from vidgan.data.sources import Box, FrameFolder, FrameZip, Size, VideoFile
from vidgan.errors import UserError
from vidgan.video.reader import BrokenFileError, Frames


def encoded(image: np.ndarray, suffix: str = ".png") -> bytes:
    ok, data = cv2.imencode(suffix, image)
    assert ok
    return data.tobytes()


def test_zip_folder_and_frames_are_the_same(tmp_path: Path) -> None:
    frames = moving(12)
    folder = FrameFolder("a", write_folder(tmp_path / "a", frames))
    archive = FrameZip("b", write_zip(tmp_path / "b.zip", folder.path))
    box = Box(top=3, left=5, height=20, width=30)
    for source in (folder, archive):
        assert source.size == Size(12, 48, 64)
        np.testing.assert_array_equal(source.read(0, 12), frames)
        np.testing.assert_array_equal(source.read(4, 3, box), frames[4:7, 3:23, 5:35])
        np.testing.assert_array_equal(np.stack(list(source.stream())), frames)


def test_video_is_read_within_a_box(tmp_path: Path) -> None:
    source = VideoFile("a", write_video(tmp_path / "a.mp4", moving(6)))
    np.testing.assert_array_equal(source.read(1, 4, Box(3, 5, 20, 30)), source.read(1, 4)[:, 3:23, 5:35])


def test_discovers_every_kind_once_and_in_natural_order(tmp_path: Path) -> None:
    frames = moving(2)
    write_video(tmp_path / "clip10.mp4", frames)
    write_video(tmp_path / "clip2.mkv", frames)
    write_folder(tmp_path / "deep" / "down", frames)
    write_zip(tmp_path / "zipped.zip", tmp_path / "deep" / "down")
    write_zip(tmp_path / "clip2.zip", tmp_path / "deep" / "down")
    write_folder(tmp_path / ".hidden", frames)
    (tmp_path / "notes.txt").write_text("no clip")
    found = discover(tmp_path)
    assert [source.name for source in found] == ["clip2.mkv", "clip2.zip", "clip10", "deep/down", "zipped"]
    assert {source.size for source in found} == {Size(2, 48, 64)}


def test_links_are_followed_and_each_clip_is_found_once(tmp_path: Path) -> None:
    """Also where links lead to a folder that they are in: two of them made a tree of 2 to the 40th folders."""
    root, other = tmp_path / "root", tmp_path / "other"
    for name in ("a", "b"):
        write_folder(root / "clips" / name, moving(2))
        (root / "clips" / f"loop_{name}").symlink_to(root / "clips")
        (root / f"loop_{name}").symlink_to("..")
    write_video(other / "c.mp4", moving(2))
    (root / "0_linked").symlink_to(other)
    (root / "1_linked.mp4").symlink_to(other / "c.mp4")
    (root / "2_again").symlink_to(root / "clips" / "b")
    (root / "dangling").symlink_to("nowhere")
    assert [source.name for source in discover(root)] == ["0_linked/c", "clips/a", "clips/b"]
    assert [source.name for source in discover(root / "clips" / "loop_a")] == ["a", "b"]
    (root / "clips" / "a" / "above").symlink_to(root)
    assert [source.name for source in discover(root / "clips" / "a")] == ["a"]


def test_root_may_be_one_video_or_one_folder_of_frames(tmp_path: Path) -> None:
    video = write_video(tmp_path / "holiday.mp4", moving(2))
    folder = write_folder(tmp_path / "frames", moving(2))
    assert [source.name for source in discover(video)] == ["holiday"]
    assert [source.name for source in discover(folder)] == ["frames"]


def test_missing_and_empty_roots_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent: there is no such file or folder; set data\.root"):
        discover(tmp_path / "absent")
    with pytest.raises(UserError, match=r"holds no video.*set data\.root"):
        discover(tmp_path)


@pytest.mark.parametrize(
    ("image", "rgb"),
    [
        (np.full((2, 2), 77, np.uint8), (77, 77, 77)),
        (np.full((2, 2, 3), (1, 2, 3), np.uint8), (3, 2, 1)),
        (np.full((2, 2, 4), (1, 2, 3, 128), np.uint8), (3, 2, 1)),
        (np.full((2, 2), 257 * 77, np.uint16), (77, 77, 77)),
        (np.full((2, 2, 3), (65535, 257 * 9 + 128, 257 * 9 + 129), np.uint16), (10, 9, 255)),
        (np.full((2, 2, 4), (257, 514, 771, 0), np.uint16), (3, 2, 1)),
    ],
    ids=["grey", "color", "alpha", "grey16", "color16", "alpha16"],
)
def test_images_of_every_kind_become_8_bit_rgb(image: Frames, rgb: tuple[int, int, int]) -> None:
    np.testing.assert_array_equal(decode_image(encoded(image), "x.png"), np.full((2, 2, 3), rgb, np.uint8))


def png(kind: int, row: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """One row of two 8-bit pixels (PNG specification, section 11.2.2: kind 3 has a palette, 4 is grey and alpha)."""
    header = struct.pack(">IIBBBBB", 2, 1, 8, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(b"\0" + row)), (b"IEND", b"")]
    coded = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(coded)


def test_png_with_a_palette_and_with_grey_and_alpha() -> None:
    palette = (b"PLTE", bytes((10, 20, 30, 40, 50, 60)))
    assert decode_image(png(3, bytes((1, 0)), palette), "x.png").tolist() == [[[40, 50, 60], [10, 20, 30]]]
    assert decode_image(png(4, bytes((77, 255, 99, 0))), "x.png").tolist() == [[[77] * 3, [99] * 3]]


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_phones_picture_is_upright(orientation: int, turned: int) -> None:
    """Exif 2.3, section 4.6.4: 3 is to be turned by 180 degrees, 6 by 90 clockwise, 8 by 90 the other way."""
    stored = np.zeros((16, 24, 3), np.uint8)
    stored[:, :8] = 255
    coded = encoded(stored, ".jpg")
    entry = struct.pack(">HHLHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">LH", 8, 1) + entry + bytes(4)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    found = decode_image(coded[:2] + segment + coded[2:], "x.jpg")
    np.testing.assert_allclose(found.astype(int), np.rot90(stored, turned), atol=8)


def test_broken_images_are_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", moving(3))
    (folder / "frame_1.png").write_bytes((folder / "frame_1.png").read_bytes()[:200])
    with pytest.raises(BrokenFileError, match=r"frame_1\.png: cannot be read as an image"):
        FrameFolder("a", folder).read(0, 3)
    with pytest.raises(BrokenFileError, match=r"x\.tiff: has float32 samples"):
        decode_image(cv2.imencode(".tiff", np.zeros((2, 2), np.float32))[1].tobytes(), "x.tiff")


def picture_header(form: str, width: int, height: int) -> bytes:
    """The beginning of a file, with nothing after its header."""
    if form == "png":
        header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        checked = header + struct.pack(">I", zlib.crc32(header))
        return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + checked + struct.pack(">I", 9) + b"IDAT"
    if form == "jpg":
        return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9) + b"\xff\xd9"
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("form", ["png", "jpg", "bmp"])
@pytest.mark.parametrize(("width", "height"), [(60000, 60000), (20000, 20000), (10000, 10000), (65000, 1400)])
def test_large_pictures_are_refused_by_their_header(form: str, width: int, height: int) -> None:
    with pytest.raises(BrokenFileError, match=rf"^a\.{form}: has .*89,478,485 .*decoded; cut it into parts"):
        decode_image(picture_header(form, width, height), f"a.{form}")


def test_zipped_pictures_are_refused_by_their_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidgan.data.sources.MOST_BYTES", 10_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.png", bytes(10_001))
    with pytest.raises(BrokenFileError, match=r"a\.zip: 0\.png would take 10,001 bytes unpacked"):
        assert FrameZip("a", tmp_path / "a.zip").size


def test_what_a_zip_file_says_of_its_size_bounds_what_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.png", bytes(1 << 20))
    content = (tmp_path / "a.zip").read_bytes()
    assert content.count(struct.pack("<I", 1 << 20)) == 2  # beside the member and in the directory
    (tmp_path / "a.zip").write_bytes(content.replace(struct.pack("<I", 1 << 20), struct.pack("<I", 100)))
    with pytest.raises(BrokenFileError, match=r"a\.zip: cannot unpack 0\.png"):
        assert FrameZip("a", tmp_path / "a.zip").size


def test_frames_of_two_sizes_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a", moving(2))
    cv2.imwrite(str(folder / "frame_2.png"), np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(BrokenFileError, match=r"differ in size \(10 x 10 and 64 x 48\)"):
        FrameFolder("a", folder).read(0, 3)


def test_bad_zip_files_are_named(tmp_path: Path) -> None:
    text = tmp_path / "text.zip"
    text.write_text("not a zip file")
    with pytest.raises(BrokenFileError, match=r"text\.zip: cannot be read as a zip file"):
        _ = FrameZip("a", text).size
    folder = write_folder(tmp_path / "a", moving(2))
    write_folder(folder / "inner", moving(1))
    with pytest.raises(BrokenFileError, match="several folders"):
        _ = FrameZip("b", _zip_tree(tmp_path / "b.zip", folder)).size


def _zip_tree(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*.png"):
            archive.write(file, file.relative_to(folder))
    return path
