"""VMAF, by the FFmpeg program."""

import json
import subprocess
import tempfile
from pathlib import Path

from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Metric
from vidgan.video.ffmpeg import packaged_ffmpeg

# The model scores studio-range 4:2:0 luma, as broadcast video is.
_STUDIO = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
_GRAPH = f"[0:v]{_STUDIO}[fake];[1:v]{_STUDIO}[real];[fake][real]libvmaf=log_fmt=json:log_path=vmaf.json"


class VMAF(Metric):
    """Mean over frames of VMAF v0.6.1 (Netflix), from 0 to 100, by libvmaf in the package imageio-ffmpeg.

    It was made for 1080p video on a screen: scores of small clips compare with each other only.
    """

    higher_is_better = True

    @property
    def available(self) -> bool:
        """Whether the extra ``baselines`` is installed, and its program may be executed."""
        return packaged_ffmpeg() is not None

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        """
        Raises:
            UserError: there is no such program, or it failed, with what it said last.
        """
        program = packaged_ffmpeg()
        if program is None:
            raise UserError("VMAF needs the program that imageio-ffmpeg brings, and leave to execute it.")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for side, frames in (("fake", fake), ("real", real)):
                content = (frames.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).contiguous().cpu()
                (folder / f"{side}.rgb").write_bytes(content.numpy().tobytes())
            raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{fake.shape[-1]}x{fake.shape[-2]}"]
            given = [*raw, "-i", "fake.rgb", *raw, "-i", "real.rgb"]
            command = [program, "-v", "error", *given, "-lavfi", _GRAPH, "-f", "null", "-"]
            ended = subprocess.run(command, cwd=folder, capture_output=True)
            if ended.returncode:
                last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
                raise UserError(f"VMAF: FFmpeg failed on {fake.shape[-1]}x{fake.shape[-2]} pixels: {' '.join(last)}")
            return float(
                json.loads((folder / "vmaf.json").read_text(encoding="utf-8"))["pooled_metrics"]["vmaf"]["mean"]
            )
