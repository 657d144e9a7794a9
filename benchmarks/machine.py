"""What a measurement ran on."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import torch

from vidgan.engine.hardware import bf16_is_fast, cores


def facts() -> dict[str, Any]:
    """Processor, cores, load, memory and versions."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "bf16_is_fast": bf16_is_fast("cpu"),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "pytorch-lightning": importlib.metadata.version("pytorch-lightning"),
    }


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    if not description.is_file():
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in description.read_text().splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
