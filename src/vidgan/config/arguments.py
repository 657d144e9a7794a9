"""What the arguments of vidgan's classes and of torch's optimizers may be: by their types, and by their names.

An argument means the same wherever it stands, so its range is said once for all classes.
"""

import math
from collections.abc import Iterator, Mapping
from inspect import Parameter
from types import UnionType
from typing import Any, Union, get_args, get_origin

from vidgan.limits import MOST, Range

_POSITIVE, _SHARE = Range(0, open_below=True), Range(0, 1)
_NOT_NEGATIVE, _LEVEL = Range(0), Range(0, 255)
_COUNT = Range(1, MOST, whole=True)
_ANY_COUNT = Range(0, MOST, whole=True)
_WIDTH = Range(1, 65536, whole=True)  # of a network, in channels
_DEPTH = Range(1, 1000, whole=True)  # of a network, in blocks
_SIDE = Range(1, 16384, whole=True)  # of a picture, in pixels
_DECAY = Range(0, 1, open_above=True)

#: Of vidgan's own classes; what is a list must keep to it item by item.
_OURS: Mapping[str, Range] = {
    **dict.fromkeys(("batch_size", "frames", "eval_frames", "eval_clips", "eval_pairs", "window", "people"), _COUNT),
    **dict.fromkeys(("val_pairs", "test_pairs", "threads", "multiple", "eval_multiple", "enlarge"), _COUNT),
    **dict.fromkeys(("crop", "skip_first", "skip_last", "order", "seed"), _ANY_COUNT),
    **dict.fromkeys(("channels", "deep_channels", "gate_channels", "growth", "features", "recurrent"), _WIDTH),
    **dict.fromkeys(("inputs", "joints", "code", "heads"), _WIDTH),
    **dict.fromkeys(("blocks", "convs", "encoder_blocks", "decoder_blocks"), _DEPTH),
    **dict.fromkeys(("patch", "eval_crop", "height", "width", "kernel"), _SIDE),
    **dict.fromkeys(("probability", "ringing", "stretched", "gray", "confidence", "score", "color_jitter"), _SHARE),
    **dict.fromkeys(("hidings", "outliers", "swaps", "memory"), _SHARE),
    **dict.fromkeys(("sigma", "sigmas"), _LEVEL),
    **dict.fromkeys(("strength", "shot", "noise", "drift", "beta", "weight"), _NOT_NEGATIVE),
    **dict.fromkeys(("eps", "share", "pixels", "radius", "reach", "size"), _POSITIVE),
    **dict.fromkeys(("min_cutoff", "derivative_cutoff", "outlier_size"), _POSITIVE),
    "scale": Range(1, 16, whole=True),
    "expansion": Range(1, 64, whole=True),
    "stages": Range(1, 8, whole=True),
    "layers": Range(1, 16, whole=True),
    "crf": Range(0, 63),
    "quality": Range(1, 100),
    "held_out": Range(0, 1, open_below=True, open_above=True),
}
#: Of ``torch.optim``.
_OPTIMIZERS: Mapping[str, Range] = {
    **dict.fromkeys(("lr", "weight_decay", "eps", "eta_min", "lambd", "lr_decay"), _NOT_NEGATIVE),
    **dict.fromkeys(("betas", "momentum"), _DECAY),
    **dict.fromkeys(("T_max", "step_size", "milestones", "total_iters", "T_0"), _COUNT),
    "gamma": _POSITIVE,
}
_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_WRITTEN = {kind.__name__: kind for kind in _NAMES}  # annotations that their module has left as text


def unfit_argument(path: str, parameter: Parameter, value: Any) -> str | None:
    """What an argument of the class ``path`` should be instead of ``value``; None where the value will do."""
    numbers = [item for item in _flat(value) if isinstance(item, (int, float)) and not isinstance(item, bool)]
    kinds = list(_kinds(parameter.annotation))
    rule = _rules(path).get(parameter.name)
    if rule is not None and rule.whole and float in kinds:
        rule = None  # the name has another meaning there
    if value is None and parameter.default is not None and not _admits_null(parameter.annotation):
        return f"{rule or ' or '.join(_NAMES[kind] for kind in kinds) or 'a value'}; null will not do"
    if value == "" != parameter.default:
        return "a value; it is empty (is a variable of the shell unset?)"
    if rule is not None and (isinstance(value, str) or not all(rule.admits(number) for number in numbers)):
        return str(rule)
    if not all(math.isfinite(number) for number in numbers):
        return "finite numbers"
    if kinds and not any(_is_a(kind, value) for kind in kinds):
        return str(rule) if rule else " or ".join(_NAMES.get(kind, "null") for kind in kinds)
    return None


def _rules(path: str) -> Mapping[str, Range]:
    if path.startswith("torch.optim."):
        return _OPTIMIZERS
    return _OURS if path.startswith("vidgan.") else {}


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _kinds(annotation: Any) -> Iterator[type]:
    """The plain types that an annotation allows; none where it allows more than those."""
    allowed = (
        get_args(annotation) if isinstance(annotation, UnionType) or get_origin(annotation) is Union else [annotation]
    )
    if all(kind in (int, float, bool, str, type(None)) for kind in allowed):
        yield from allowed


def _admits_null(annotation: Any) -> bool:
    """Whether None may be among what an annotation allows; so it may where nothing is told."""
    if isinstance(annotation, str):
        return any(word in annotation for word in ("None", "Optional", "Any", "object"))
    return annotation in (Parameter.empty, Any, object, None) or type(None) in get_args(annotation)


def _is_a(kind: type, value: Any) -> bool:
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)
