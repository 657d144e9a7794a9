"""The transform is a known one, quantization is the best of its rate, and what is decoded is what was encoded."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.fft import dctn
from torch import Tensor
from torch.nn import functional as F

from vidgan.generators.fixed_codec import FixedCodec, Read, Write
from vidgan.generators.transform_codec import TransformCodec, centred, levels, places, step_of, transform

SIZE = (40, 72)


def small() -> TransformCodec:
    """A codec of few channels, every weight of which counts."""
    torch.manual_seed(1)
    codec = TransformCodec(8, 24, 4, [0.0067, 0.02, 0.06, 0.18])
    with torch.no_grad():
        for name, parameter in codec.named_parameters():
            if "prior" not in name:
                parameter.add_(0.02 * torch.randn_like(parameter))
    for prior in codec.priors:
        prior.tabulate()
    return codec.eval()


def moving(frames: int = 4) -> Tensor:
    """(T, 3, H, W) uint8: smooth noise that moves."""
    wide = F.avg_pool2d(torch.rand(1, 3, SIZE[0] + 8, SIZE[1] + 8 + frames), 9, 1)[0]
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    return torch.stack([(255 * wide[:, :, at : at + SIZE[1]]).byte() for at in range(frames)])


def recorded() -> tuple[list[tuple[str, Tensor, Tensor]], Write]:
    kept: list[tuple[str, Tensor, Tensor]] = []
    return kept, lambda name, rows, symbols: kept.append((name, rows, symbols))


def replayed(kept: list[tuple[str, Tensor, Tensor]]) -> Read:
    """Gives the symbols back, if they are asked for under the same tables."""
    waiting = iter(kept)

    def read(name: str, rows: Tensor) -> Tensor:
        wanted, with_rows, symbols = next(waiting)
        assert name == wanted
        assert torch.equal(rows, with_rows)
        return symbols

    return read


def test_the_transform_is_the_discrete_cosine_transform() -> None:
    block, basis = torch.rand(3, 8, 8, dtype=torch.float64), transform(192).double()
    torch.testing.assert_close(basis @ basis.T, torch.eye(192, dtype=torch.float64), rtol=0, atol=1e-6)
    made = basis @ block.flatten()
    gray = dctn(block.sum(0).numpy() / 3**0.5, norm="ortho")
    for value, place in zip(made.tolist(), places(192), strict=True):
        if place.color == 0:
            assert abs(value - gray[place.row, place.column]) < 1e-6
    assert [(p.color, p.row, p.column) for p in places(4)] == [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)]


def test_the_step_is_where_a_further_bit_is_worth_its_cost() -> None:
    # d(tradeoff * step^2 / 12 / 3) = d(log2 step): a third of the mean squared error of three colors, a bit each octave
    for tradeoff in (0.0067, 0.18):
        step = 256 * step_of(tradeoff)
        slope = tradeoff * 2 * step / 12 / 3
        assert abs(slope - 1 / (step * 0.6931471805599453)) < 1e-9


def test_pictures_keep_their_levels() -> None:
    frames = torch.arange(256, dtype=torch.float64).repeat(3, 1)[None, :, None]
    picture = centred(frames)
    assert picture.shape == (1, 3, 32, 256)
    assert torch.equal(levels(picture)[..., :1, :], frames)


def test_what_is_decoded_is_what_was_encoded() -> None:
    codec, sent, back = FixedCodec(small()), None, None
    for index, frame in enumerate(moving()):
        if index == 2:
            sent = back = None  # a frame by itself
        kept, write = recorded()
        shown, sent = codec.encode(frame, 2, sent, write)
        decoded, back = codec.decode(SIZE, 2, back, replayed(kept))
        assert decoded.dtype == torch.uint8
        assert decoded.shape == frame.shape
        assert torch.equal(decoded, shown)


def test_a_file_is_decoded_as_a_clip_is_scored() -> None:
    network, clip = small(), moving()
    codec, memory, shown = FixedCodec(network), None, []
    for frame in clip:
        frame, memory = codec.encode(frame, 3, memory, lambda *_: None)
        shown.append(frame)
    with torch.no_grad():
        made, _ = network(clip[None] / 255, torch.tensor([3]))
    assert isinstance(made, dict)
    difference = (255 * made["fake"][0] - torch.stack(shown)).abs()
    # A latent that lies between two symbols goes either way, of floats and in fixed point, and the frames after follow.
    assert difference.mean() < 1
    assert difference[0].max() <= 16


def test_better_frames_take_more_bits() -> None:
    network, clip = small(), moving()[None] / 255
    with torch.no_grad():
        made = [network(clip, torch.tensor([rate]))[0] for rate in range(4)]
    bits = [part["bits"].sum().item() for part in made]
    errors = [(part["fake"] - clip).square().mean().item() for part in made]
    assert bits == sorted(bits)
    assert errors == sorted(errors, reverse=True)


def test_a_clip_in_parts_is_the_whole_clip() -> None:
    network, clip = small(), moving()[None] / 255
    with torch.no_grad():
        whole, _ = network(clip, torch.tensor([1]))
        first, memory = network(clip[:, :1], torch.tensor([1]))
        rest, _ = network(clip[:, 1:], torch.tensor([1]), memory)
    for name in ("fake", "bits"):
        torch.testing.assert_close(torch.cat([first[name], rest[name]], 1), whole[name])


def test_every_parameter_gets_a_gradient() -> None:
    network = small().train()
    made, _ = network(moving()[None] / 255, torch.tensor([1]))
    (made["bits"].mean() + made["fake"].square().sum()).backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == ["intra.prior.quantiles", "inter.prior.quantiles"]  # those are trained by a loss of their own
    sum(prior.auxiliary_loss() for prior in network.priors).backward()
    assert all(prior.quantiles.grad.any() for prior in network.priors)


def digest(weights: Path, threads: int = 1, layout: torch.memory_format = torch.contiguous_format) -> str:
    """Of all frames that are decoded of symbols that follow from nothing else, and of the tables that they have."""
    torch.set_num_threads(threads)
    network = small()
    network.load_state_dict(torch.load(weights))
    codec, memory, total = FixedCodec(network.to(memory_format=layout)), None, hashlib.sha256()
    source = np.random.default_rng(3)

    def read(name: str, rows: Tensor) -> Tensor:
        total.update(rows.contiguous().numpy().tobytes())
        return codec.tables[name].shape[1] // 2 + torch.from_numpy(source.integers(-3, 4, rows.shape))

    for _ in range(4):
        frame, memory = codec.decode(SIZE, 1, memory, read)
        total.update(frame.contiguous().numpy().tobytes())
    return total.hexdigest()


def test_every_process_decodes_the_same_bytes(tmp_path: Path) -> None:
    """With other threads, another layout in memory, and a processor's newest instructions switched off."""
    weights, before = tmp_path / "weights.pth", torch.get_num_threads()
    torch.save(small().state_dict(), weights)
    script = f"import tests.generators.test_transform_codec as t; print(t.digest({str(weights)!r}))"
    old = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}
    there = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ | old, check=True
    )
    try:
        here = {
            digest(weights, threads, layout)
            for threads in (1, 2)
            for layout in (torch.contiguous_format, torch.channels_last)
        }
    finally:
        torch.set_num_threads(before)
    assert here == {there.stdout.strip()}
