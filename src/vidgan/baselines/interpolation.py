"""Classical ways to make a frame between two: none of them learns anything."""

import subprocess
from collections.abc import Callable

import torch
from torch import Tensor

from vidgan.errors import UserError
from vidgan.ops.optical_flow import dis_flow
from vidgan.ops.warp import warp
from vidgan.video.ffmpeg import ffmpeg_program

#: From two frames (B, 3, H, W) in [0, 1] and times (B,) between them to the frames (B, 3, H, W) of these times.
Interpolation = Callable[[Tensor, Tensor, Tensor], Tensor]


def blend(first: Tensor, second: Tensor, time: Tensor) -> Tensor:
    """One fades into the other."""
    return first.lerp(second, time.view(-1, 1, 1, 1))


def dis(first: Tensor, second: Tensor, time: Tensor) -> Tensor:
    """Both are warped along the motion that OpenCV's DIS finds between them, and blended.

    The motion from the time between is taken to be that of the same pixel of the frame that it was found in: t times as
    long to one side, 1 - t to the other (Super SloMo, Jiang et al. 2018, equation 3).
    """
    share = time.view(-1, 1, 1, 1)
    of_first = warp(first, share * dis_flow(second, first), "border")
    of_second = warp(second, (1 - share) * dis_flow(first, second), "border")
    return of_first.lerp(of_second, share)


def minterpolate(first: Tensor, second: Tensor, time: Tensor) -> Tensor:
    """FFmpeg's filter minterpolate, by block matching (``mci``), at its defaults.

    It looks at motion over four frames; of two these are the first twice and the second twice.

    Raises:
        UserError: there is no FFmpeg, see :func:`vidgan.video.ffmpeg.ffmpeg_program`, or it failed.
    """
    made = [_minterpolated(*one) for one in zip(first, second, time.tolist(), strict=True)]
    return torch.stack(made).to(first)


def _minterpolated(first: Tensor, second: Tensor, time: float) -> Tensor:
    program = ffmpeg_program()
    if program is None:
        raise UserError("minterpolate needs FFmpeg: pip install imageio-ffmpeg, or put ffmpeg on the PATH.")
    parts = round(1 / time) if time <= 0.5 else round(1 / (1 - time))
    height, width = first.shape[-2:]
    frames = torch.stack([first, first, second, second]).clamp(0, 1).mul(255).round().byte()
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    filters = f"minterpolate=fps={parts}:scd=none"
    command = [program, "-v", "error", *raw, "-s", f"{width}x{height}", "-r", "1", "-i", "-", "-vf", filters, *raw, "-"]
    ended = subprocess.run(command, input=frames.permute(0, 2, 3, 1).cpu().numpy().tobytes(), capture_output=True)
    if ended.returncode:
        raise UserError(f"{program} failed: {ended.stderr.decode(errors='replace').strip()}")
    made = torch.frombuffer(bytearray(ended.stdout), dtype=torch.uint8).view(-1, height, width, 3)
    return made[parts + round(time * parts)].permute(2, 0, 1).float() / 255


def interpolations() -> dict[str, Interpolation]:
    """Those that work on this machine, by name."""
    known: dict[str, Interpolation] = {"blend": blend, "dis": dis}
    return known if ffmpeg_program() is None else {**known, "minterpolate": minterpolate}
