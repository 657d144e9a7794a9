"""The schemas of the other commands' configurations, made of parts of :mod:`vidgan.config.schema`."""
# ruff: noqa: RUF009 - the calls make fields

from dataclasses import dataclass, field, make_dataclass
from typing import Any

from omegaconf import MISSING

from vidgan.config.schema import MachineConfig, PathsConfig, TrackingConfig, TrainConfig
from vidgan.limits import component, number, whole


@dataclass
class EvaluateConfig:
    """The root of ``vidgan-evaluate``.

    Attributes:
        run: id or folder of a run; null where ``weights`` is a file.
        protocol: name of a file in ``conf/protocols``, or a path; null is the run's own, or ``default``.
        weights: ``last`` or ``best`` of a run, or any file of weights of a network that vidgan knows.
        task: name of a file in ``conf/tasks`` that says what weights of a file are scored on; null is that of the task
            which their network is of.
        data: a data set other than the run's own; null only with a run.
        degradation: one other than the run's own, or than the task's for weights of a file.
        compare_to: baselines that are scored beside the model, by name; null is the task's own choice.
        seed: what is drawn for ``data`` follows from it.
        overrides: of the recorded experiment's task, data, degradation and protocol, e.g. ``[task.blind=true]``; those
            of the degradation are of what the protocol degrades clips by, where it does.
    """

    run: str | None = None
    protocol: str | None = None
    weights: str = "last"
    task: str | None = None
    data: Any = component("data", None)
    degradation: Any = component("degradations@degradation", None)
    compare_to: list[str] | None = None
    seed: int = whole(0, 0, 2**32 - 1)
    overrides: list[str] = field(default_factory=list)
    machine: MachineConfig = field(default_factory=MachineConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)


@dataclass
class DataSetsConfig:
    """The root of ``vidgan-data``.

    Attributes:
        data: the data set; its ``root`` and ``layout`` are used.
        quick: check that all clips are there and can be opened, not every frame.
    """

    data: Any = component("data", None)
    quick: bool = False
    seed: int = whole(0, 0, 2**32 - 1)
    paths: PathsConfig = field(default_factory=PathsConfig)


@dataclass
class PredictConfig:
    """The root of ``vidgan-predict``, without what a task asks for: see :func:`with_options`.

    Attributes:
        run: id or folder of a run; null where ``weights`` is a file.
        weights: ``last`` or ``best`` of a run, or any file of weights of a network that vidgan knows.
    """

    run: str | None = None
    weights: str = "last"
    machine: MachineConfig = field(default_factory=MachineConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)


def with_options(options: type) -> type:
    """The root of ``vidgan-predict`` for a task: :class:`PredictConfig` and the task's options."""
    return make_dataclass("PredictConfig", [], bases=(PredictConfig, options))


@dataclass
class PoseConfig:
    """The root of ``vidgan-pose``.

    Attributes:
        input: a video, a folder of pictures, or key points: .npz, .json, .csv, or a folder of OpenPose's.
        output: key points in the format of its suffix; a folder of OpenPose's without one.
        overwrite: replace an output or a preview that is there already.
        preview: a video of the frames with the main person's skeleton; null for none.
        video: the video that key points given as input belong to.
        estimator: what finds people in frames; a file of ``conf/estimator``.
        smoother: a file of ``conf/smoother``.
        run: id or folder of a run that corrects key points, for smoother=gan.
        weights: ``last`` or ``best``, of that run; or a file of weights, without one.
        skeleton: of the output; null is what its format wants, or else the estimator's.
        expect: the skeleton that key points given as input must be; null takes what they are.
        confidence: key points that are less sure count as missing.
        fill: gaps of up to so many frames are filled.
    """

    input: str = MISSING
    output: str = MISSING
    overwrite: bool = False
    preview: str | None = None
    video: str | None = None
    estimator: Any = component("estimator", MISSING)
    smoother: Any = component("smoother", MISSING)
    run: str | None = None
    weights: str = "last"
    skeleton: str | None = None
    expect: str | None = None
    confidence: float = number(0, 0.1, 1)
    fill: int = whole(0, 8)
    machine: MachineConfig = field(default_factory=MachineConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)


@dataclass
class ExportConfig:
    """The root of ``vidgan-export``.

    Attributes:
        run: id or folder of a run; null where ``weights`` is a file.
        weights: ``last`` or ``best`` of a run, or any file of weights of a network that vidgan knows.
        output: what is written; its suffix is the format, ``.safetensors`` or ``.onnx``.
        overwrite: replace an output that is there already.
    """

    run: str | None = None
    weights: str = "last"
    output: str = MISSING
    overwrite: bool = False
    paths: PathsConfig = field(default_factory=PathsConfig)


@dataclass
class AppConfig:
    """The root of ``vidgan-app``.

    Attributes:
        host: the address that the page is served at; at any other than this machine's own, others can use it, too.
        port: of the page; 0 is any that is free.
        upload_mb: the most that one file may have, in megabytes.
        megapixels: the most that a frame of what is given may have.
        frames: the most that a video may have.
        minutes: the most that one job may take.
    """

    host: str = "127.0.0.1"
    port: int = whole(0, 7860, 65535)
    upload_mb: int = whole(1, 200, 10**5)
    megapixels: float = number(0, 2.5, 200, open_below=True)
    frames: int = whole(1, 1000)
    minutes: float = number(0, 60, 10**5, open_below=True)
    machine: MachineConfig = field(default_factory=MachineConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)


#: The root of each command, by the name of its file in ``conf/``.
ROOTS: dict[str, type] = {
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "predict": PredictConfig,
    "export": ExportConfig,
    "data_sets": DataSetsConfig,
    "pose": PoseConfig,
    "app": AppConfig,
}
