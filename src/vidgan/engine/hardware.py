"""What the processor can do, asked rather than assumed."""

import ctypes
import os
import platform
from typing import Literal, cast

import psutil
import torch

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
_MOST_MMAP, _MOST_TRIM = 1 << 25, (1 << 31) - 1  # bytes, the most that mallopt accepts


def bf16_is_fast(device: str) -> bool:
    """Whether bf16 is faster than float32 there.

    On a CPU the tiles of AMX make it so (a step of 0.5). With AVX-512's bf16 instructions alone a step of our networks
    takes 1.5 times as long as in float32, and without any bf16 is emulated.
    """
    if device == "cuda":
        return torch.cuda.get_device_capability() >= (8, 0)
    if device == "cpu":
        return torch.backends.cpu.get_cpu_capability() != "DEFAULT" and torch.cpu._is_amx_tile_supported()
    return False


def choose_precision(wanted: str, device: str) -> Precision:
    """``auto`` is bf16-mixed where it is fast and float32 elsewhere."""
    if wanted != "auto":
        return cast(Precision, wanted)
    return "bf16-mixed" if bf16_is_fast(device) else "32-true"


def can_compute(precision: str, device: str) -> bool:
    """Whether a device computes in a precision, fast or not."""
    if precision == "16-mixed":  # its gradients need a scaler, which torch has for GPUs
        return device == "cuda"
    if precision == "bf16-mixed" and device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return True


def cores() -> int:
    """Cores that this process may use; fewer than the machine has under SLURM and in containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_of(device: str) -> int:
    """Bytes of memory that ``cuda``, its first device, or ``cpu`` has."""
    if device == "cuda":
        return torch.cuda.get_device_properties(0).total_memory
    return psutil.virtual_memory().total


def keep_freed_memory() -> None:
    """Raises glibc's thresholds so that freed tensors are reused instead of returned to the system at every step."""
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _MOST_MMAP)
        libc.mallopt(_M_TRIM_THRESHOLD, _MOST_TRIM)


def seed_generators(seed: int, device: torch.device) -> None:
    """Seeds torch's generators of the CPU and of ``device``.

    Own code because ``torch.manual_seed`` seeds every kind of device there could be and formats the call stack for each
    that is not in use, a millisecond in all.
    """
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)
