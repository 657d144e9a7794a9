"""The schema of ``vidgan-train``'s configuration: its two halves, and the types that are the project's own.

OmegaConf refuses every key that is not named here, in experiment files as on the command line. Nodes with a
``_target_`` are typed ``Any``; :mod:`vidgan.config.lint` checks them against their targets' signatures. What the
other values may be stands beside their defaults; :mod:`vidgan.config.schema_check` checks it. What the engine is given,
its players, loss terms and settings, it declares itself.
"""
# ruff: noqa: RUF009 - the calls make fields

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from vidgan.engine.loss_terms import LossTerm
from vidgan.engine.players import Player
from vidgan.engine.settings import EngineSettings
from vidgan.limits import MISSING, Choices, Devices, Form, component, components, number, ruled, whole

AUTO = "auto"  #: as ``machine.precision``: the machine's own choice
#: Lightning's names that the engine knows, and what chooses one.
PRECISIONS = (AUTO, "32-true", "bf16-mixed", "16-mixed")


@dataclass
class ValidationConfig:
    """When validation runs and what decides which checkpoint is best.

    Attributes:
        every: iterations between validations; null validates never.
        monitor: metric of the protocol; null keeps no best checkpoint.
    """

    every: int | None = whole(1, None)
    monitor: str | None = None


@dataclass
class CheckpointConfig:
    """Iterations, and minutes at most, between checkpoints."""

    every: int = whole(1, 1000)
    minutes: float | None = number(0, 10.0, open_below=True)


@dataclass
class SlurmConfig:
    """How a run is submitted to SLURM. Nodes and tasks a node are the machine's ``num_nodes`` and ``devices``.

    Attributes:
        partition, account, qos, constraint: sbatch's options of these names; null is the cluster's default.
        gpu_type: kind of GPU, as in ``--gpus-per-node=<gpu_type>:<devices>``; null is any.
        cpus_per_task: cores for each device: its process and its loader workers.
        mem: memory of a node, e.g. ``64G``; null is the cluster's default.
        time: limit of one attempt, in any of sbatch's forms; a run goes on in as many attempts as it needs.
        array_parallelism: jobs of a sweep that run at a time; null is all.
        signal_seconds: how long before its limit a job is told to write its checkpoint.
        max_requeues: attempts after the first, whatever ended the one before.
        setup: lines of bash before the command, e.g. ``module load cuda``.
        container: words before the command, e.g. ``[apptainer, exec, --nv, vidgan.sif]``.
        srun: options of srun, e.g. pyxis' ``--container-image=...``.
        python: the interpreter on the nodes; null is the one that submits.
        options: further options of sbatch by their long names, e.g. ``{mail-type: END}``.
        wait: whether the command waits for its jobs.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    gpu_type: str | None = None
    cpus_per_task: int = whole(1, 8, 4096)
    mem: str | None = ruled(Form(r"\d+[KMGT]?", "a number with its unit, as 64G"), None)
    time: str = ruled(Form(r"(\d+-)?\d+(:\d+){0,2}", "minutes, hours:minutes:seconds or days-hours"), "24:00:00")
    array_parallelism: int | None = whole(1, None)
    signal_seconds: int = whole(1, 120, 65535)
    max_requeues: int = whole(0, 50)
    setup: list[str] = field(default_factory=list)
    container: list[str] = field(default_factory=list)
    srun: list[str] = field(default_factory=list)
    python: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    wait: bool = False


@dataclass
class MachineConfig:
    """Where a run is computed: Lightning's trainer arguments of the same names, and the loader's means.

    Attributes:
        strategy: auto is ddp on several devices; a GAN's alternating optimizers run under neither FSDP nor DeepSpeed.
        precision: Lightning's, or ``auto``: bf16-mixed where the device has bf16 instructions, else float32.
        threads: of torch on the CPU; null is all.
        workers: loader processes for each device; null is two fewer than there are cores, at most 8.
        cache_gb: the most the decoded cache may take.
        n_jobs: jobs of a sweep that run at a time on this machine.
        slurm: how the run is submitted; null runs it here.
    """

    accelerator: str = ruled(Choices(("auto", "cpu", "gpu", "cuda")), "auto")
    devices: Any = ruled(Devices(), 1)
    num_nodes: int = whole(1, 1)
    strategy: str = ruled(Choices(("auto", "ddp")), "auto")
    precision: str = ruled(Choices(PRECISIONS), AUTO)
    threads: int | None = whole(1, None, 4096)
    workers: int | None = whole(0, None, 4096)
    cache_gb: float = number(0, 20.0)
    progress: bool = True
    n_jobs: int = whole(1, 1, 4096)
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    slurm: SlurmConfig | None = None


@dataclass
class TrackingConfig:
    """Where a run is logged beside its folder; the names are W&B's.

    Attributes:
        mode: ``offline``, ``online`` or ``disabled``.
        entity: user or team; null is ``WANDB_ENTITY``, or the key's own.
        group: name of the sweep that the run is a point of; null is the sweep's own name, or the experiment's.
        label: what the run is called; null is what tells it from the others of its sweep, or the run id.
        tags: beside the task and the data set.
        upload_weights: whether the best and the last weights become artifacts.
        init_timeout: seconds that a server may take to answer before the run turns offline.
        finish_timeout: seconds that the end may take for the upload; what is missing then is left to a later one.
    """

    mode: str = ruled(Choices(("offline", "online", "disabled")), "offline")
    project: str = ruled(Form(r"[^/\\#?%:]{1,128}", "up to 128 characters, none of / \\ # ? % :"), "vidgan")
    entity: str | None = None
    group: str | None = None
    label: str | None = None
    tags: list[str] = field(default_factory=list)
    upload_weights: bool = False
    init_timeout: float = number(0, 30.0, open_below=True)
    finish_timeout: float = number(0, 60.0, open_below=True)


@dataclass
class PathsConfig:
    """Folders of this machine."""

    runs: str = "runs"
    cache: str = ".cache"
    assets: str = MISSING
    data: str = "data"


@dataclass
class DebugConfig:
    """What a run that looks for a fault does; such a run lives in ``<paths.runs>/debug`` and is nobody's result.

    Attributes:
        fast_dev_run: train so many iterations, in which every player and loss begins, and score one clip.
        overfit: train on the first batch again and again.
        profiler: Lightning's ``simple``, ``advanced`` or ``pytorch``; it writes into the run's folder.
        detect_anomaly: find the operation whose gradient is not finite.
    """

    fast_dev_run: int | None = whole(1, None)
    overfit: bool = False
    profiler: str | None = ruled(Choices(("simple", "advanced", "pytorch")), None)
    detect_anomaly: bool = False


class PreflightMode(Enum):
    """See :class:`TrainConfig`."""

    first = "first"
    only = "only"


@dataclass
class TrainConfig:
    """The root of ``vidgan-train``. All above ``machine`` defines the result and is hashed into the run id.

    Attributes:
        extend: a finished run of the same experiment with fewer iterations, from whose end this one goes on; null
            starts anew. ``engine.iterations`` is the whole length.
        callbacks: further ones of Lightning's trainer, by name. They may change what is trained and are part of what a
            run is, unless they only watch: see :data:`vidgan.config.callbacks.WATCHING`.
        loggers: further ones, by name, beside the run's own tables and W&B.
        fresh: train again in a new revision of the run folder.
        preflight: ``first`` checks every point of a sweep before a job starts; ``only`` checks, says what it would
            cost, and stops.
    """

    name: str = MISSING
    seed: int = whole(0, 0, 2**32 - 1)
    task: Any = component("tasks", MISSING)
    networks: dict[str, Any] = components("generators@networks.{name}")
    losses: dict[str, LossTerm] = field(default_factory=dict)
    players: dict[str, Player] = field(default_factory=dict)
    degradation: Any = component("degradations@degradation", None)
    data: Any = component("data", MISSING)
    engine: EngineSettings = field(default_factory=EngineSettings)
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    protocol: Any = component("protocols@protocol", None)
    warm_start: dict[str, Any] = field(default_factory=dict)
    callbacks: dict[str, Any] = components(None)
    extend: str | None = None
    # --- where it runs
    machine: MachineConfig = field(default_factory=MachineConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)
    loggers: dict[str, Any] = components(None)
    debug: DebugConfig = field(default_factory=DebugConfig)
    fresh: bool = False
    preflight: PreflightMode = PreflightMode.first
    dry_run: bool = False


MACHINE_HALF = ("machine", "tracking", "paths", "loggers", "debug", "fresh", "preflight", "dry_run")
