"""Uses without an input: what they ask for, and a video that is written of tensors alone."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from vidgan.config.option_help import options_told
from vidgan.errors import UserError
from vidgan.inference.new_video import refuse_output, refuse_picture, write_new
from vidgan.inference.options import NewVideoOptions, height_and_width, size_option
from vidgan.record.folder import RunFolder, write_json
from vidgan.record.inputs import FILES, altered, files_of
from vidgan.video.reader import read_clip, video_index


@dataclass
class Options(NewVideoOptions):
    """Makes gray.

    Attributes:
        size: of what is made.
    """

    size: str | None = size_option()


def test_options_without_input_tell_of_none() -> None:
    told = options_told(Options)
    assert "vidgan-predict run=<id> output=..." in told
    assert "seed=0" in told
    assert "codec=null" in told
    assert "size=null" in told
    assert "input=" not in told
    assert "sound=" not in told
    assert "deinterlace=" not in told


def test_a_video_of_tensors_alone(tmp_path: Path) -> None:
    options = Options(output=str(tmp_path / "new.mkv"), codec="ffv1", pixel_format="bgr0")
    levels = torch.tensor([0, 51, 102, 255]).view(1, 4, 1, 1, 1) / 255
    frames = levels.expand(1, 4, 3, 16, 24)
    refuse_output(Path(options.output), options)
    out = write_new(iter(frames.split(3, dim=1)), 4, options, Fraction(30000, 1001))
    info = video_index(out).info
    assert (info.frames, info.height, info.width, info.fps) == (4, 16, 24, Fraction(30000, 1001))
    assert read_clip(out, 0, 4)[:, 0, 0, 0].tolist() == [0, 51, 102, 255]
    with pytest.raises(UserError, match="is there already"):
        refuse_output(out, options)


def test_several_frames_are_no_picture() -> None:
    refuse_picture(Path("one.png"), 1, "frames=1 are asked for")
    with pytest.raises(UserError, match="is one picture, and frames=2 are asked for; give a video or a folder"):
        refuse_picture(Path("one.png"), 2, "frames=2 are asked for")


def test_sizes() -> None:
    assert height_and_width("320x180") == (180, 320)
    with pytest.raises(UserError, match="16,384 pixels"):
        height_and_width("20000x10")
    for wrong in ("320", "0x10", "320X180", "-1x5"):
        with pytest.raises(UserError, match="width and height in pixels"):
            Options(output="out.mp4", size=wrong)


def test_what_a_run_was_trained_on_is_known_again(tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    video.write_bytes(b"one")
    config = OmegaConf.create({"data": {"root": str(video)}, "paths": {"cache": str(tmp_path / "cache")}})
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    write_json(folder.path / FILES, files_of(config))
    assert altered(config, folder, tmp_path / "cache", "data.root") == ""
    video.write_bytes(b"two!")
    assert altered(config, folder, tmp_path / "cache", "data.root") == f"data.root={video}: has changed"
    video.unlink()
    assert altered(config, folder, tmp_path / "cache", "data.root") == f"data.root={video}: is gone"
