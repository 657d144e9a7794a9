"""Frame interpolation: two frames and a time between them, to the frame of that time."""

from functools import partial
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from vidgan.baselines.interpolation import Interpolation, interpolations
from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.score_rows import MODEL
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput
from vidgan.errors import UserError
from vidgan.generators.interpolation import Interpolator
from vidgan.randomness import uniform

_GAP, _TIME = 2, 0.5  # of a clip that is scored where no case says others


class FrameInterpolation(AdversarialTask):
    """Pairs of frames (B, N, 3, H, W) in [0, 1] and times (B, N) between them to the frames of these times.

    In training there is one pair a clip. When a clip is scored every ``gap``-th frame is given, and of each pair the
    frame at ``time`` is made: both are conditions that a protocol's cases set, two and one half where none does.

    Args:
        times: ``middle`` trains on the frame in the middle of the ends of a clip (triplets); ``any`` on any three
            frames in their order.
        arguments: those of :class:`AdversarialTask`.
    """

    shown = ("blend", MODEL, "real")
    case_conditions: ClassVar[tuple[str, ...]] = ("gap", "time")

    def __init__(self, times: Literal["middle", "any"] = "any", **arguments: Any) -> None:
        super().__init__(**arguments)
        if times not in ("middle", "any"):
            raise UserError(f"task.times is {times!r}; it must be middle or any.")
        self.times = times
        if not isinstance(self.networks["generator"], Interpolator):
            name = type(self.networks["generator"]).__name__
            raise UserError(f"networks.generator: {name} makes no frames between two; choose one that does, e.g. rife.")

    @property
    def fewest(self) -> int:
        """Those of a pair and what is between."""
        gaps = (
            [] if self.protocol is None else [case.conditions.get("gap", _GAP) for case in self.protocol.cases.values()]
        )
        return 1 + max((round(gap) for gap in gaps if not callable(gap)), default=_GAP)

    def condition(self, clip: Clip) -> dict[str, Tensor]:
        """
        Raises:
            UserError: the clip is too short.
        """
        if self.training:
            first, middle, last = self._drawn(clip)
            pair = {
                "first": _at(clip.frames, first),
                "second": _at(clip.frames, last),
                "time": ((middle - first) / (last - first)).float()[:, None],
            }
            return {**pair, "truth": _at(clip.frames, middle)} if self._generator.taught else pair
        gap, inside = _spacing(clip)
        count = (clip.frames.shape[1] - 1) // gap
        given = clip.frames[:, ::gap]
        time = torch.full((len(clip), count), inside / gap, device=clip.frames.device)
        return {"first": given[:, :count], "second": given[:, 1 : count + 1], "time": time}

    def target(self, clip: Clip) -> Tensor:
        if self.training:
            return _at(clip.frames, self._drawn(clip)[1])
        gap, inside = _spacing(clip)
        return clip.frames[:, inside::gap][:, : (clip.frames.shape[1] - 1) // gap]

    def generate(self, condition: dict[str, Tensor]) -> GeneratorOutput:
        pairs = condition["first"].shape[:2]
        first, second, time = (condition[name].flatten(0, 1) for name in ("first", "second", "time"))
        generator = self._generator
        if "truth" in condition:
            named = generator.learn(first, second, time, condition["truth"].flatten(0, 1))
            apart = {name: _unflattened(part, pairs) for name, part in named.items()}
            return GeneratorOutput(apart.pop("frame"), **apart)
        if self.training:
            made = generator(first, second, time)
            return GeneratorOutput(made.frame.unflatten(0, pairs), flow=made.flow.unflatten(0, pairs))
        one_by_one = [
            generator(*pair).frame for pair in zip(first.split(1), second.split(1), time.split(1), strict=True)
        ]
        return GeneratorOutput(torch.cat(one_by_one).unflatten(0, pairs))

    @property
    def _generator(self) -> Interpolator:
        generator = self.network("generator")
        assert isinstance(generator, Interpolator), "refused else"
        return generator

    def baselines(self) -> dict[str, Baseline]:
        return {name: partial(_classical, method) for name, method in interpolations().items()}

    def _drawn(self, clip: Clip) -> tuple[Tensor, Tensor, Tensor]:
        """The numbers (B,) of the given frames and of the one between, which follow from the clips' seeds."""
        count = clip.frames.shape[1]
        if count < 3:
            raise UserError(f"data.frames={count}: interpolation is trained on at least 3; set data.frames=3 or more.")
        if self.times == "middle":
            ends = torch.tensor([0, (count - 1) // 2, 2 * ((count - 1) // 2)], device=clip.frames.device)
            return tuple(ends[:, None].expand(-1, len(clip)))
        draws = uniform(clip.seeds, "times", 3)
        gap = 2 + (draws[:, 0] * (count - 2)).long()
        first = (draws[:, 1] * (count - gap)).long()
        middle = first + 1 + (draws[:, 2] * (gap - 1)).long()
        return first, middle, first + gap


def _spacing(clip: Clip) -> tuple[int, int]:
    """How far apart given frames are, and how far the made ones are from the first of a pair.

    Raises:
        UserError: no frame is there, or the clip is too short.
    """
    gap = round(clip.conditions["gap"][0].item()) if "gap" in clip.conditions else _GAP
    time = clip.conditions["time"][0].item() if "time" in clip.conditions else _TIME
    inside = round(time * gap)
    if not 0 < inside < gap or abs(inside - time * gap) > 1e-3:
        raise UserError(
            f"a case has gap={gap} and time={time:g}: no frame is there; time * gap must be a whole number."
        )
    if clip.frames.shape[1] <= gap:
        raise UserError(f"{clip.names[0]} has {clip.frames.shape[1]} frames, and frames {gap} apart are asked for.")
    return gap, inside


def _at(frames: Tensor, index: Tensor) -> Tensor:
    """(B, 1, C, H, W): one frame of each clip."""
    return frames[torch.arange(len(frames), device=frames.device), index][:, None]


def _unflattened(part: Any, pairs: torch.Size) -> Any:
    """A tensor, or a list of them, of all pairs, clip by clip."""
    return [one.unflatten(0, pairs) for one in part] if isinstance(part, list) else part.unflatten(0, pairs)


def _classical(method: Interpolation, first: Tensor, second: Tensor, time: Tensor) -> Tensor:
    return method(first.flatten(0, 1), second.flatten(0, 1), time.flatten(0, 1)).unflatten(0, first.shape[:2])
