"""How many frames are computed at once: as many as fit into the memory that is free, found before any is computed."""

import copy
import logging

import psutil
import torch
from torch import Tensor

from vidgan.generators.base import Generator
from vidgan.ops.peak_memory import Peak

logger = logging.getLogger(__name__)

USUAL = 8  # frames at once of networks that gain nothing of more
_MOST = 240  # frames at once of a network that sees the whole clip
_SHARE = 0.6  # of the free memory: kernels take workspaces, and frames wait before and after the network
_FEW, _MORE = 8, 16  # what takes the most of few frames may not take the most of many


def frames_at_once(generator: Generator, frame: Tensor, around: int) -> int:
    """The most frames that fit into memory together with those around them, 1 at least.

    Args:
        generator: on the device that will compute.
        frame: (1, 1, C, H, W), of the size of all.
        around: frames that are seen beside those.
    """
    few, more = (_bytes(generator, frame, count) for count in (_FEW, _MORE))
    if few is None or more is None:
        return USUAL
    each = max(1.0, (more - few) / (_MORE - _FEW))
    fixed = few - _FEW * each
    fitting = int((_SHARE * _free(frame.device) - fixed) / each) - around
    if fitting < 1:
        told = "the network takes about %.1f GB at this size, and %.1f GB are free; tile=256 computes it in parts"
        logger.warning(told, (fixed + (1 + around) * each) / 1e9, _free(frame.device) / 1e9)
    return max(1, min(fitting, _MOST if generator.temporal == "bidirectional" else USUAL))


def _bytes(generator: Generator, frame: Tensor, count: int) -> int | None:
    """What so many frames take, found on torch's meta device; None where the network does not run there."""
    given = frame.new_empty(1, count, *frame.shape[2:], device="meta")
    try:
        network = copy.deepcopy(generator).to("meta")
        with torch.inference_mode(), Peak() as peak:
            network(given)
    except Exception:  # whatever somebody's network raises without values
        return None
    return peak.most


def _free(device: torch.device) -> int:
    """Bytes."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return psutil.virtual_memory().available
