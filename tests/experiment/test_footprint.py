"""What validation and test take: counted right, bounded for the published benchmarks, and independent of the length."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from vidgan.data.datasets import WholeClips
from vidgan.data.sources import Size, Source
from vidgan.experiment.build import build_networks, build_task
from vidgan.experiment.footprint import scoring_memory
from vidgan.experiment.preflight import Preflight
from vidgan.ops.peak_memory import Peak

Composed = Callable[..., DictConfig]


def test_the_worst_moment_is_counted() -> None:
    a = torch.empty(100, device="meta")  # made before: not counted
    with Peak() as peak:
        b = a + 1  # 400 bytes
        c = b.double()  # 800 more
        del b
        d = torch.relu_(c)[:50]  # a view of the same
        e = d + 1  # 400 more: 1200 live
        del c, d, e
        f = a * 2  # 400
    assert peak.most == 1200
    assert f.shape == (100,)


class Blank(Source):
    """A clip that is only as large as it says."""

    def __init__(self, frames: int, height: int, width: int) -> None:
        super().__init__("blank", Path("blank"))
        self.size = Size(frames, height, width)

    size = Size(0, 0, 0)

    def read(self, start: int, count: int, box: object = None) -> None:
        raise AssertionError("nothing is read")


def scoring(config: DictConfig, frames: int, height: int, width: int) -> int:
    with torch.device("meta"):
        networks = build_networks(config)
    task = build_task(config, networks)
    context = task.context(with_baselines=True)
    piece = WholeClips([Blank(frames, height, width)], None, None, 1).largest(context)
    return scoring_memory(task, piece, whole=context is None)


@pytest.mark.parametrize(
    ("overrides", "frames", "size"),
    [
        (("experiments=denoising/fastdvdnet_davis", "protocols@protocol=set8_denoising"), 85, (540, 960)),
        (
            (
                "experiments=super_resolution/srresnet",
                "generators@networks.generator=rrdbnet",
                "protocols@protocol=reds4_bi_rgb",
            ),
            100,
            (720, 1280),
        ),
    ],
    ids=["FastDVDnet on Set8", "RRDBNet on REDS4"],
)
def test_published_benchmarks_stay_below_four_gigabytes(
    composed: Composed, overrides: tuple[str, ...], frames: int, size: tuple[int, int]
) -> None:
    """Half a gigabyte is left for Python, torch and the kernels' workspaces, which the estimate does not know."""
    config = composed(*overrides)
    taken = scoring(config, frames, *size)
    assert taken < 3.5e9
    assert scoring(config, 10 * frames, *size) == taken


def test_whole_clips_take_more_the_longer_they_are(composed: Composed) -> None:
    config = composed("experiments=super_resolution/basicvsr", "networks.generator.blocks=1")
    short, long = (scoring(config, frames, 128, 128) for frames in (20, 40))
    assert 1.7 * short < long < 2.3 * short


def test_the_preflight_includes_what_is_scored(composed: Composed) -> None:
    """Of the shipped clips the first 20 frames, of up to 496 x 280 pixels, and their copies for the metrics."""
    cost = Preflight().examine(composed("data.patch=32", "data.batch_size=1", "data.frames=2"))
    assert cost.most == cost.scoring > cost.memory
    assert cost.scoring > 5 * 20 * 3 * 496 * 280 * 4
