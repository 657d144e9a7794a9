"""Trains the toy GAN on N gloo ranks; rank 0 writes weights, losses and the bytes each backward reduced.

Arguments: the file, N, the chunks of a batch, and a flaw: ``poison``, ``batch_norm``, ``fails`` or
nothing. The exit code is 70 where a thread of the process group outlives the interpreter, which then may abort.
"""

import atexit
import os
import sys
from pathlib import Path

import torch
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook

from tests.engine.test_adversarial import Steps
from tests.engine.toy import fit, toy_task, weights_of
from vidgan.engine.parallel import PlayerDDPStrategy

out, devices, accumulate, flaw = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]


def refuse_threads_of_the_group() -> None:
    if left := [path for path in Path("/proc/self/task").glob("*/comm") if "gloo" in path.read_text()]:
        print(f"{len(left)} threads of the process group outlive the interpreter", file=sys.stderr, flush=True)
        os._exit(70)


atexit.register(refuse_threads_of_the_group)  # before all else, so that it is the last to be called
traffic: list[tuple[str, int]] = []


class Counting(PlayerDDPStrategy):
    def configure_ddp(self) -> None:
        super().configure_ddp()
        for name in ("generator", "discriminator"):

            def hook(state: object, bucket, name: str = name):
                traffic.append((name, bucket.buffer().numel()))
                return allreduce_hook(state, bucket)

            self.lightning_module.reducers[name].register_comm_hook(None, hook)


task = toy_task(4, accumulate=accumulate)
if flaw == "batch_norm":
    generator = task.networks["generator"]
    generator.conv = nn.Sequential(generator.conv, nn.BatchNorm2d(3, affine=False))
if flaw == "poison":  # one rank alone sees a loss that is not finite
    target = task.target
    task.target = lambda clip: target(clip) * (float("nan") if task.iteration == 2 and task.global_rank == 1 else 1.0)
if flaw == "fails":
    task.target = lambda clip: clip.frames[len(clip.frames)]
steps = Steps()
trainer = fit(task, out.parent, logger=steps, devices=devices, strategy=Counting() if devices > 1 else "auto")
if trainer.is_global_zero:
    losses = [{k: v for k, v in row.items() if k.startswith("loss/")} for _, row in steps.rows]
    torch.save(
        {"weights": weights_of(task), "losses": losses, "traffic": traffic, "skipped": task.nonfinite.total}, out
    )
