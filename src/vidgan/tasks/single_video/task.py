"""Single-video generation: one video made anew at any size, aspect, length and perspective, of its own patches."""

from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from vidgan.baselines.retargeting import retargetings
from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.generators.ingan import InGAN
from vidgan.ops.homography import warp_to
from vidgan.ops.video_texture import frame_path
from vidgan.randomness import mix
from vidgan.tasks.single_video.geometry import Reach, canvas, drawn_size, drawn_warp, warp_between

_UNCHANGED = {"height": 1.0, "width": 1.0, "length": 1.0, "rotation": 0.0, "tilt": 0.0, "variation": 0.0}


class SingleVideo(AdversarialTask):
    """Clips (B, T, 3, h, w) of one video in [0, 1] to clips of other sizes that its patches could be of.

    Each training clip is warped as a whole: to a height and a width of their own, by a rotation and a tilt that change
    smoothly; how far grows during the curriculum. Discriminators compare what is made with real windows, whose size is
    another. What is made is made back, too (``cycle``), for a loss to compare it with what it was made of (``source``).

    A clip that is scored is made into what a protocol's case says: ``height``, ``width`` and ``length`` as shares of
    the video's, ``rotation`` in degrees and ``tilt``, which are there at the end and not at the beginning; with
    ``variation=1`` two warps are drawn instead, and the second of what is made is named ``variant``. There ``real`` is
    no truth but the video, stretched.

    Args:
        smallest, largest: of heights and widths, as shares of the training clip's.
        rotation: degrees, to either side.
        tilt: perspective to either side, see :func:`vidgan.ops.homography.homographies`; below .5.
        curriculum: iterations until all of that is reached.
        arguments: those of :class:`AdversarialTask`.

    Raises:
        UserError: the network makes no other sizes, or the reach is none.
    """

    shown = ("resize", "vgpnn", MODEL)
    same_size = False
    case_conditions: ClassVar[tuple[str, ...]] = tuple(_UNCHANGED)

    def __init__(
        self,
        smallest: float = 0.5,
        largest: float = 1.7,
        rotation: float = 15.0,
        tilt: float = 0.2,
        curriculum: int = 10_000,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        if not isinstance(self.networks["generator"], InGAN):
            name = type(self.networks["generator"]).__name__
            raise UserError(f"networks.generator: {name} makes no other sizes; choose one that does, e.g. ingan.")
        if not 0 < smallest <= 1 <= largest:
            raise UserError(f"task.smallest={smallest}, task.largest={largest}: expected shares around 1, e.g. .5, 2.")
        if not (0 <= rotation <= 180 and 0 <= tilt < 0.5 and curriculum >= 0):
            raise UserError(
                f"task.rotation={rotation}, task.tilt={tilt}, task.curriculum={curriculum}: expected degrees from 0 to "
                "180, a tilt from 0 to below .5 and iterations, 0 or more."
            )
        self.reach, self.curriculum = Reach(smallest, largest, rotation, tilt), curriculum

    @property
    def fewest(self) -> int:
        """Those of a patch of three frames."""
        return 3

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        """``source`` frames (B, T, 3, h, w), the ``canvas`` (B, T, 1, H, W) they are made into, and ``matrices``."""
        if self.training:
            return self._drawn(clip)
        case = {name: _number(clip, name) for name in _UNCHANGED}
        count = max(1, round(clip.frames.shape[1] * case["length"]))
        source = clip.frames[:, frame_path(clip.frames[0].cpu(), count)]
        height, width = clip.frames.shape[-2:]
        size = [round(height * case["height"]), round(width * case["width"])]
        made = {"video": clip.frames, "source": source, "canvas": canvas(len(clip), count, size, source.device)}
        aspect = size[1] / size[0]
        if case["variation"]:
            first, second = (drawn_warp(_varied(clip.seeds, number), count, self.reach, aspect) for number in (0, 1))
            return {**made, "matrices": first, "other_matrices": second}
        still = torch.zeros(len(clip), 3, device=source.device)
        turned = still + torch.tensor([case["rotation"], case["tilt"], 0.0], device=source.device)
        return {**made, "matrices": warp_between(still, turned, count, aspect)}

    def target(self, clip: Clip) -> Tensor:
        if self.training:
            return clip.frames
        condition = self.condition(clip)
        size = (condition["canvas"].shape[-2], condition["canvas"].shape[-1])
        return warp_to(condition["source"].flatten(0, 1), None, size, "bicubic").unflatten(0, (len(clip), -1))

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        network, source, matrices = self.network("generator"), condition["source"], condition["matrices"]
        size, own = condition["canvas"].shape[-2:], source.shape[-2:]
        fake = network(source, size, matrices)
        cycle = network(fake, own, torch.linalg.inv(matrices))
        if "other_matrices" in condition:
            return GeneratorOutput(fake, cycle=cycle, variant=network(source, size, condition["other_matrices"]))
        return GeneratorOutput(fake, cycle=cycle)

    def baselines(self) -> dict[str, Baseline]:
        return {name: partial(_retargeted, method) for name, method in retargetings().items()}

    def _drawn(self, clip: Clip) -> dict[str, Tensor]:
        reach = self.reach.times(self._strength)
        size = drawn_size(clip.seeds, (clip.frames.shape[-2], clip.frames.shape[-1]), reach)
        matrices = drawn_warp(clip.seeds, clip.frames.shape[1], reach, size[1] / size[0])
        shape = canvas(len(clip), clip.frames.shape[1], size, clip.frames.device)
        return {"source": clip.frames, "canvas": shape, "matrices": matrices.to(clip.frames.device)}

    @property
    def _strength(self) -> float:
        """Of the curriculum; all of it where nothing trains yet and its cost is looked at.

        It is never nothing: what is made would be what is real, and rounding decide what a discriminator learns first.
        """
        attached = getattr(self, "_trainer", None) is not None
        return min(1.0, (1 + self.iteration) / self.curriculum) if attached and self.curriculum else 1.0


def _number(clip: Clip, name: str) -> float:
    return clip.conditions[name][0].item() if name in clip.conditions else _UNCHANGED[name]


def _varied(seeds: Tensor, number: int) -> Tensor:
    return torch.tensor([mix(int(seed), "variation", number) for seed in seeds], device=seeds.device)


def _retargeted(
    method: Any,
    video: Tensor,
    source: Tensor,
    canvas: Tensor,
    matrices: Tensor,
    seeds: Tensor,
    other_matrices: Tensor | None = None,
) -> GeneratorOutput:
    """What a baseline makes of a batch of one."""
    size = (canvas.shape[-2], canvas.shape[-1])
    fake = method(video[0], source[0], matrices[0], size, None if other_matrices is None else mix(int(seeds[0]), 0))
    if other_matrices is None:
        return GeneratorOutput(fake[None])
    return GeneratorOutput(
        fake[None], variant=method(video[0], source[0], other_matrices[0], size, mix(int(seeds[0]), 1))[None]
    )
