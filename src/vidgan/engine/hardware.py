"""What the processor can do, asked rather than assumed."""

import ctypes
import os
import platform
from typing import Literal, cast

import torch

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
_THRESHOLD = 1 << 25  # 32 MiB, the most that mallopt accepts


def bf16_is_fast(device: str) -> bool:
    """Whether the device has bf16 instructions; without them bf16 is emulated and slower than float32."""
    if device == "cuda":
        return torch.cuda.get_device_capability() >= (8, 0)
    if device == "cpu":
        return torch.backends.cpu.get_cpu_capability() != "DEFAULT" and torch.cpu._is_avx512_bf16_supported()
    return False


def choose_precision(wanted: str, device: str) -> Precision:
    """``auto`` is bf16-mixed where it is fast and float32 elsewhere."""
    if wanted != "auto":
        return cast(Precision, wanted)
    return "bf16-mixed" if bf16_is_fast(device) else "32-true"


def cores() -> int:
    """Cores that this process may use; fewer than the machine has under SLURM and in containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Raises glibc's thresholds so that freed tensors are reused instead of returned to the system at every step."""
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _THRESHOLD)
        libc.mallopt(_M_TRIM_THRESHOLD, _THRESHOLD)
