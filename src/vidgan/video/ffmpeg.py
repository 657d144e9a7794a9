"""FFmpeg as a program, for the filters that PyAV's build lacks."""

import os
import shutil
from importlib.util import find_spec


def packaged_ffmpeg() -> str | None:
    """That of the package imageio-ffmpeg, which has libvmaf; None without it, or where it may not be executed."""
    if find_spec("imageio_ffmpeg") is None:
        return None
    import imageio_ffmpeg  # of the extra "baselines"

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:  # a wheel of another processor, or a disk from which nothing is executed
        return None
    return program if os.access(program, os.X_OK, effective_ids=os.access in os.supports_effective_ids) else None


def ffmpeg_program() -> str | None:
    """The packaged one, else the one on the PATH, else None."""
    return packaged_ffmpeg() or shutil.which("ffmpeg")
