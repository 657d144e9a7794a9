"""Values that vidgan-train cannot use: the sentence names the key and what it may be, and no run folder is made."""

import importlib
from pathlib import Path

import pytest
import torch

from tests.media import moving, write_folder, write_video
from tests.wrong_inputs.conftest import Refused

FROM_ONE = "expected a whole number from 1 to 1,000,000,000"
FROM_ZERO = "expected a whole number from 0 to 1,000,000,000"

TYPES = [
    ("engine.iterations=text", f"engine.iterations=text: {FROM_ONE}"),
    ("engine.iterations=5.5", f"engine.iterations=5.5: {FROM_ONE}"),
    ("engine.iterations=null", f"engine.iterations=null: {FROM_ONE}"),
    ("engine.iterations=", f"engine.iterations=: {FROM_ONE}"),
    ("engine.iterations=[1]", "engine.iterations"),
    ("engine.iterations={a:1}", "engine.iterations"),
    ("engine.iterations=true", "engine.iterations=true: expected a whole number"),
    ("'engine.iterations=${nothing}'", "Interpolation key 'nothing' not found"),
    ("engine=3", "engine=3: expected a mapping of keys to values"),
    ("engine.channels_last=perhaps", "engine.channels_last=perhaps: expected true or false"),
    ("engine.compile=generator", "engine.compile=generator: expected a list"),
    ("losses.pixel=3", "losses.pixel=3"),
    ("networks=3", "networks=3: expected a mapping of keys to values"),
    ("losses={}", "losses={}: a mapping is merged, so this changes nothing"),
    ("name=[a]", "name"),
    ("name=", "name is empty"),
    ("fresh=maybe", "fresh=maybe: expected true or false"),
    ("preflight=last", "preflight=last: expected one of first, only"),
    ("tracking.tags=x", "tracking.tags=x: expected a list"),
    ("players.generator.owns=generator", "players.generator.owns=generator: expected a list"),
    ("data.frames=many", "data.frames=many: expected a whole number"),
    ("data.frames=2.5", "data.frames=2.5: expected a whole number"),
    ("data.augmentation.flip=perhaps", "data.augmentation.flip=perhaps: expected true or false"),
    ("networks.generator.channels=many", "networks.generator.channels=many: expected a whole number from 1 to 65,536"),
    ("players.generator.optimizer.lr=text", "players.generator.optimizer.lr=text: expected a number, 0 or more"),
    ("players.generator.optimizer.betas=x", "players.generator.optimizer.betas=x: expected a number, 0 or more and"),
    ("players.generator.optimizer.betas=[0.5]", "players.generator: its optimizer or schedule refuses its arguments"),
    (
        "players.discriminator.schedule={_target_:torch.optim.lr_scheduler.ReduceLROnPlateau,_partial_:true}",
        "players.discriminator: its optimizer or schedule refuses its arguments (ReduceLROnPlateau.step() missing",
    ),
    (
        "players.discriminator.schedule={_target_:torch.optim.lr_scheduler.OneCycleLR,_partial_:true,max_lr:1,"
        "total_steps:9}",
        "players.discriminator.schedule ends after 9 steps and the player is active for",
    ),
    ("players.generator.balance=0.4", "players.generator.balance is for players of role discriminator"),
    ("players.discriminator.owns=[discriminator,generator]", "players.generator.owns and players.discriminator.owns"),
    ("losses.adversarial.discriminator=critic", "losses.adversarial.discriminator is 'critic', which is not in"),
    ("players.generator.schedule.T_max=x", "players.generator.schedule.T_max=x: expected a whole number"),
]

RANGES = [
    ("engine.iterations=0", f"engine.iterations=0: {FROM_ONE}"),
    ("engine.iterations=-5", f"engine.iterations=-5: {FROM_ONE}"),
    ("engine.iterations=10000000000", f"engine.iterations=10000000000: {FROM_ONE}"),
    ("engine.accumulate=0", f"engine.accumulate=0: {FROM_ONE}"),
    ("engine.tbptt=0", f"engine.tbptt=0: {FROM_ONE}, or null"),
    ("engine.ema=1", "engine.ema=1: expected a number, 0 or more and below 1, or null"),
    ("engine.ema=-0.5", "engine.ema=-0.5: expected a number, 0 or more and below 1"),
    ("engine.ema=nan", "engine.ema=nan: expected a number, 0 or more and below 1"),
    ("engine.ema=inf", "engine.ema=inf: expected a number, 0 or more and below 1"),
    ("engine.log_every=0", f"engine.log_every=0: {FROM_ONE}"),
    ("engine.give_up_after=0", f"engine.give_up_after=0: {FROM_ONE}"),
    ("validation.every=0", f"validation.every=0: {FROM_ONE}, or null"),
    ("validation.every=-1", f"validation.every=-1: {FROM_ONE}, or null"),
    ("losses.pixel.weight=nan", "losses.pixel.weight=nan: expected a number, 0 or more"),
    ("losses.pixel.weight=inf", "losses.pixel.weight=inf: expected a number, 0 or more"),
    ("losses.pixel.weight=-1", "losses.pixel.weight=-1: expected a number, 0 or more"),
    ("losses.pixel.start=-1", f"losses.pixel.start=-1: {FROM_ZERO}"),
    ("losses.pixel.stop=-1", f"losses.pixel.stop=-1: {FROM_ZERO}, or null"),
    ("losses.pixel.loss.eps=0", "losses.pixel.loss.eps=0: expected a number above 0"),
    ("losses.pixel.loss.eps=nan", "losses.pixel.loss.eps=nan: expected a number above 0"),
    ("players.generator.clip=-1", "players.generator.clip=-1: expected a number above 0, or null"),
    ("players.generator.clip=0", "players.generator.clip=0: expected a number above 0, or null"),
    ("players.generator.clip=nan", "players.generator.clip=nan: expected a number above 0, or null"),
    ("players.discriminator.every=0", f"players.discriminator.every=0: {FROM_ONE}"),
    ("players.discriminator.balance=2", "players.discriminator.balance=2: expected a number from -1 to 1, or null"),
    ("players.discriminator.start=-1", f"players.discriminator.start=-1: {FROM_ZERO}"),
    ("players.discriminator.role=judge", "players.discriminator.role=judge: expected one of generator, discriminator"),
    ("players.generator.optimizer.lr=-1", "players.generator.optimizer.lr=-1: expected a number, 0 or more"),
    ("players.generator.optimizer.lr=nan", "players.generator.optimizer.lr=nan: expected a number, 0 or more"),
    ("players.generator.optimizer.lr=inf", "players.generator.optimizer.lr=inf: expected a number, 0 or more"),
    ("players.generator.optimizer.betas=[1.5,2]", "betas=[1.5,2]: expected a number, 0 or more and below 1"),
    ("+players.generator.optimizer.weight_decay=-1", "weight_decay=-1: expected a number, 0 or more"),
    ("players.generator.schedule.T_max=0", f"players.generator.schedule.T_max=0: {FROM_ONE}"),
    ("players.generator.schedule.eta_min=-1", "players.generator.schedule.eta_min=-1: expected a number, 0 or more"),
    ("data.batch_size=0", f"data.batch_size=0: {FROM_ONE}"),
    ("data.batch_size=-4", f"data.batch_size=-4: {FROM_ONE}"),
    ("data.frames=0", f"data.frames=0: {FROM_ONE}"),
    ("data.patch=0", "data.patch=0: expected a whole number from 1 to 16,384"),
    ("data.patch=100000", "data.patch=100000: expected a whole number from 1 to 16,384"),
    ("data.eval_frames=0", f"data.eval_frames=0: {FROM_ONE}"),
    ("data.eval_crop=0", "data.eval_crop=0: expected a whole number from 1 to 16,384"),
    ("data.eval_multiple=0", f"data.eval_multiple=0: {FROM_ONE}"),
    ("data.augmentation.color_jitter=7", "data.augmentation.color_jitter=7: expected a number from 0 to 1"),
    ("seed=-1", "seed=-1: expected a whole number"),
    ("networks.generator.scale=0", "networks.generator.scale=0: expected a whole number from 1 to 16"),
    ("networks.generator.channels=0", "networks.generator.channels=0: expected a whole number from 1 to 65,536"),
    ("networks.generator.channels=-8", "networks.generator.channels=-8: expected a whole number from 1 to 65,536"),
    ("networks.generator.encoder_blocks=-1", "encoder_blocks=-1: expected a whole number from 1 to 1,000"),
    ("networks.discriminator.layers=0", "networks.discriminator.layers=0: expected a whole number from 1 to 16"),
    ("protocol.crop=-1", f"protocol.crop=-1: {FROM_ZERO}"),
    ("degradations@degradation=jpeg degradation.quality=[0,200]", "degradation"),
    ("machine.accelerator=quantum", "machine.accelerator=quantum: expected one of auto, cpu, gpu, cuda"),
    ("machine.devices=0", "machine.devices=0: expected their number, 1 or more, auto for all"),
    ("machine.devices=two", "machine.devices=two: expected their number"),
    ("machine.devices=[]", "machine.devices=[]: expected their number"),
    ("machine.num_nodes=0", f"machine.num_nodes=0: {FROM_ONE}"),
    ("machine.strategy=fsdp", "machine.strategy=fsdp: expected one of auto, ddp"),
    ("machine.precision=8-bit", "machine.precision=8-bit: expected one of auto, 32-true, bf16-mixed, 16-mixed"),
    ("machine.precision=fp16", "machine.precision=fp16: expected one of auto, 32-true"),
    ("machine.threads=0", "machine.threads=0: expected a whole number from 1 to 4,096, or null"),
    ("machine.workers=-2", "machine.workers=-2: expected a whole number from 0 to 4,096, or null"),
    ("machine.cache_gb=-1", "machine.cache_gb=-1: expected a number, 0 or more"),
    ("machine.cache_gb=nan", "machine.cache_gb=nan: expected a number, 0 or more"),
    ("machine.n_jobs=0", "machine.n_jobs=0: expected a whole number from 1 to 4,096"),
    ("-m machine.n_jobs=0 seed=1,2", "machine.n_jobs=0: expected a whole number from 1 to 4,096"),
    ("machine.checkpoint.every=0", f"machine.checkpoint.every=0: {FROM_ONE}"),
    ("machine.checkpoint.minutes=0", "machine.checkpoint.minutes=0: expected a number above 0, or null"),
    ("machine=slurm machine.slurm.time=soon", "machine.slurm.time=soon: expected minutes, hours:minutes:seconds or"),
    ("machine=slurm machine.slurm.mem=lots", "machine.slurm.mem=lots: expected a number with its unit, as 64G"),
    ("machine=slurm machine.slurm.cpus_per_task=0", "machine.slurm.cpus_per_task=0: expected a whole number from 1"),
    ("machine=slurm machine.slurm.max_requeues=-1", f"machine.slurm.max_requeues=-1: {FROM_ZERO}"),
    ("tracking.mode=cloud", "tracking.mode=cloud: expected one of offline, online, disabled"),
    ("tracking.init_timeout=-1", "tracking.init_timeout=-1: expected a number above 0"),
    ("tracking.project=", "tracking.project is empty"),
    ("tracking.project=me/vidgan", "tracking.project=me/vidgan: expected up to 128 characters, none of / "),
    ("paths.runs=", "paths.runs is empty"),
    ("data.root=", "data.root=: expected a value; it is empty"),
]

NULLS = [
    ("protocol.metrics=null", "protocol.metrics=null: expected a value; null will not do"),
    ("data.batch_size=null", f"data.batch_size=null: {FROM_ONE}; null will not do"),
    ("data.root=null", "data.root=null: expected a text; null will not do"),
    ("degradation.quantize=null", "degradation.quantize=null: expected true or false; null will not do"),
    ("players.generator.optimizer.lr=null", "optimizer.lr=null: expected a number, 0 or more; null will not do"),
    ("losses.pixel.loss=null", "losses.pixel.loss=null is no configuration; choose one with losses@losses.pixel=<opt"),
]

GAME = [
    ("~losses.adversarial", "players.discriminator: no loss trains networks.discriminator; remove both by ~players."),
    (
        "~losses.pixel ~losses.temporal ~losses.adversarial ~players.discriminator ~networks.discriminator",
        "losses: none has a weight above 0, and the generator would learn nothing",
    ),
    (
        "losses.pixel.weight=0 losses.temporal.stop=0 losses.adversarial.weight=0",
        "losses: none has a weight above 0, and the generator would learn nothing",
    ),
    (
        "losses.adversarial.stop=10",
        "losses.adversarial.stop=10 is not after players.discriminator.start=3200: they",
    ),
    ("players.generator.role=discriminator", "players: none has the role generator, and nothing would be trained"),
    ("players.discriminator.role=generator", "losses.adversarial is judged by what players.discriminator trains"),
    ("players.discriminator.role=auxiliary", "players.discriminator.role=auxiliary: the task has no loss of such a"),
    (
        "players.generator.owns=[discriminator] players.discriminator.owns=[generator]",
        "losses.adversarial is judged by what players.generator trains, whose role is generator",
    ),
    (
        "+losses@losses.features=feature_matching losses.features.discriminator=nobody",
        "losses.features.discriminator is 'nobody', which is not in networks (generator, discriminator)",
    ),
    ("validation.monitor=psnr validation.every=null", "validation.monitor=psnr is measured by validations, and there"),
    ("validation.monitor=psnr protocol=null", "validation.monitor=psnr is a metric of a protocol, and there is none"),
    ("protocols@protocol=tracks", "the metric mpjpe asks for strata, and there is only"),
    ("protocols@protocol=denoising", "protocol denoising is for x1 and the run enlarges x4"),
    ("data.patch=1000", "none of 4 clips can be trained on; the first: "),
    ("networks.generator._target_=vidgan.losses", "_target_: 'vidgan.losses' is not allowed"),
    ("data=folder data.root=/", "/: is all that this machine holds; set data.root to the folder of your videos"),
    ("data=folder data.root=2024_05", "data.root=2024_05: there is no such file or folder"),
    ("data=folder data.root=1.10", "data.root=1.10: there is no such file or folder"),
    ("paths.runs=/dev/null/x", "paths.runs=/dev/null/x: /dev/null is a file; give a folder"),
    ("machine.num_nodes=2", "machine.num_nodes=2: nothing has started this process on several machines"),
    ("machine.accelerator=cpu machine.devices=1000 data.batch_size=1000", "machine.devices=1000: on a CPU it is a num"),
]

SWEEPS = [
    ("-m 'seed=range(0)'", "seed=range(0): there are no such values, and nothing would be trained"),
    ("-m 'losses@losses.pixel=glob(nothing*)'", "losses@losses.pixel=glob(nothing*): there are no such values"),
    ("-m 'seed=interval(0,1)'", "seed=interval(0,1): an interval is for hydra/sweeper=study"),
    ("-m data=folder data.root=nowhere,nowhere", "every point: data.root=nowhere: there is no such file or folder"),
    ("-m engine.iterations=x,5", f"point iterations=x: engine.iterations=x: {FROM_ONE}"),
]

CONTRADICTIONS = [
    (
        "engine.iterations=200 players.discriminator.start=3200",
        "players.discriminator.start=3200 is not before the end, engine.iterations=200",
    ),
    ("players.discriminator.stop=5", "players.discriminator.stop=5 is not after its start, 3200"),
    ("losses.pixel.start=9 losses.pixel.stop=9", "losses.pixel.stop=9 is not after its start, 9"),
    ("losses.pixel.start=4000", "losses.pixel.start=4000 is not before the end, engine.iterations=4000"),
    ("data.batch_size=3 engine.accumulate=2", "engine.accumulate=2 does not divide a device's share of the batch, 3"),
    ("data.batch_size=3 machine.accelerator=cpu machine.devices=2", "data.batch_size=3 is the batch of all devices"),
    ("data.patch=50", "data.patch=50 is not a multiple of the scale, 4"),
    ("engine.tbptt=100", "engine.tbptt=100 does not divide a clip's 5 frames"),
    ("networks.generator.scale=2", "networks.generator.scale"),
    ("networks.discriminator.layers=9", "networks.discriminator fails given a clip of (5, 3, 96, 96)"),
    ("engine.compile=[genrator]", "engine.compile names 'genrator', which is not in networks (generator, discriminat"),
    ("+warm_start.genrator=a.pth", "warm_start names 'genrator', which is not in networks (generator, discriminator)"),
    ("+warm_start.generator=missing.pth", "warm_start.generator=missing.pth: there is no such file"),
    ("players.generator.owns=[genrator]", "genrator"),
    ("players.generator.owns=[]", "No player owns the parameter 'generator."),
    ("losses.adversarial.discriminator=face", "losses.adversarial.discriminator is 'face', which is not in networks"),
    ("validation.monitor=pnsr", "validation.monitor is 'pnsr'; the protocol has psnr"),
    ("dry_run=true", "dry_run shows what would be submitted to SLURM; choose machine=slurm"),
    ("data=folder data.root=nowhere", "data.root=nowhere: there is no such file or folder"),
    ("data=folder data.root=nowhere preflight=only", "data.root=nowhere: there is no such file or folder"),
    ("data=folder", "data.root is not set; give it on the command line: data.root=<value>"),
    ("paths.runs=/dev/null", "paths.runs=/dev/null"),
    ("data.batch_size=100000000", "data.batch_size=100000000, data.frames=5, data.patch=96: the clips alone take 55,2"),
    ("networks.generator.channels=60000", "the training takes about"),
    ("networks.generator._target_=os.system", "networks.generator._target_"),
    ("networks.generator._target_=vidgan.generators.nothing.Net", "networks.generator._target_"),
    ("networks.generator._target_=", "networks.generator._target_"),
    ("degradation._target_=vidgan.degradations.bicubic.Bicubi", "vidgan.degradations.bicubic.Bicubi"),
    ("-m data.patch=50 seed=1,2", "every point: data.patch=50 is not a multiple of the scale, 4"),
    ("seed=1,2", "seed=1,2: values with commas between them are a sweep, which needs -m; a list is seed=[1,2]"),
    ("'seed=range(3)'", "several values are a sweep, which needs -m"),
    ("seed", "seed: expected key=value; see --help"),
    (
        "'tracking.group=Bunny (1080p) [HR]'",
        "needs quotes that the shell leaves: \"tracking.group='Bunny (1080p) [HR]'\"",
    ),
    ('"tracking.group=it\'s"', 'needs quotes that the shell leaves: "tracking.group=\\"it\'s\\""'),
]

CALLBACK = "_target_: pytorch_lightning.callbacks."
#: What Lightning, a file or this machine refuses, of a small training on the files of ``small``.
UNUSABLE = [
    ("+warm_start.generator=garbage.pth", "warm_start.generator: garbage.pth cannot be read: it is damaged"),
    ("+warm_start.generator=other.pth", "warm_start.generator=other.pth does not fit RecurrentDenoiser: 23 missing"),
    ("+warm_start.generator.head=other.pth", "warm_start names 'generator.head', which is no part of the networks"),
    ("engine.compile=[generator.head]", "engine.compile names 'generator.head', which is no part of the networks"),
    (f"'+callbacks.a={{{CALLBACK}EarlyStopping,monitor: a,mode: b}}'", "callbacks.a: `mode` can be min, max, got b"),
    (f"'+callbacks.a={{{CALLBACK}ModelCheckpoint}}'", "callbacks.a: checkpoints are written by the run itself"),
    (f"'+callbacks.a={{{CALLBACK}TQDMProgressBar}}'", "callbacks.a: the run has a progress bar of its own"),
    (f"'+callbacks.a={{{CALLBACK}StochasticWeightAveraging,swa_lrs: .1}}'", "callbacks.a: weights are averaged by the"),
    (f"'+callbacks.a={{{CALLBACK}BatchSizeFinder,mode: x}}'", "callbacks.a: `mode` should be either"),
    (f"'+callbacks.a={{{CALLBACK}SpikeDetection}}'", "callbacks.a: losses that are no numbers are passed over"),
    ("data.frames=1000", "none of 1 clips can be trained on; the first: clips/a.mp4: "),
    (
        "data.patch=64",
        "none of 1 clips can be trained on; the first: clips/a.mp4: 32 x 32 pixels, less than data.patch",
    ),
    (
        "paths.cache=/dev/null/cache",
        "/dev/null/cache: the cache of decoded clips cannot be written",
    ),
    ("machine.precision=16-mixed", "machine.precision=16-mixed: this machine's cpu cannot compute in it"),
    ("machine.devices=[0]", "machine.devices=[0]: there are no GPUs of these numbers; give a number of processes"),
    ("data.batch_size=2 'machine.devices=\"0,1\"'", "machine.devices=0,1: there are no GPUs of these numbers"),
    (
        "data.batch_size=2 machine.devices=2 networks.discriminator.norm=batch",
        "networks.discriminator.model.3 is a batch normalization, and its statistics cannot be synchronized",
    ),
]


@pytest.fixture
def small(tmp_path: Path) -> str:
    """The arguments of a small training on the CPU; in its folder are a video and files that are no weights of it."""
    write_video(tmp_path / "clips" / "a.mp4", moving(12, 32, 32))
    (tmp_path / "garbage.pth").write_bytes(b"rubbish")
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    network = ["channels=4", "deep_channels=4", "blocks=1", "gate_channels=4"]
    return " ".join(
        [
            "experiments=denoising/quickstart data=folder data.root=clips machine=cpu validation.every=null",
            *(f"networks.generator.{item}" for item in network),
            "data.batch_size=1 data.frames=2 data.patch=32 data.eval_frames=4",
            "networks.discriminator.layers=1",
        ]
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="several are about machines without a GPU")
@pytest.mark.parametrize(("overrides", "words"), UNUSABLE)
def test_what_could_not_train_is_told_before_there_is_a_folder(
    refused: Refused, small: str, overrides: str, words: str
) -> None:
    assert words in refused(f"train {small} {overrides}")


@pytest.mark.parametrize(("overrides", "words"), TYPES + RANGES + NULLS + GAME + SWEEPS + CONTRADICTIONS)
def test_the_sentence_names_the_key_and_what_it_may_be(refused: Refused, overrides: str, words: str) -> None:
    assert words in refused(f"train {overrides}")


@pytest.mark.skipif(torch.cuda.is_available(), reason="it is about machines without a GPU")
def test_a_device_that_is_not_there(refused: Refused) -> None:
    assert "machine.accelerator=gpu: torch finds no GPU" in refused("train machine.accelerator=gpu")
    assert "machine.accelerator=gpu: torch finds no GPU" in refused("train machine=gpus")


def test_a_home_folder_is_one_on_the_command_line(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/nobody here")
    for root in ("~/nothing", "'~/nothing'"):
        told = refused(f'train data=folder "data.root={root}"')
        assert "data.root=/home/nobody here/nothing: there is no such file or folder" in told


def test_a_slurm_job_that_lightning_does_not_take(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_NTASKS", "2")  # of --ntasks=2, which leaves open how many each node has
    assert "The SLURM job around this command will not do: You set `--ntasks=2`" in refused("train")


@pytest.mark.skipif(torch.cuda.is_available(), reason="it is about machines without a GPU")
def test_a_login_node_without_a_gpu_shows_what_it_would_submit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["vidgan-train", "machine=slurm", "dry_run=true"])
    with pytest.raises(SystemExit) as end:
        importlib.import_module("vidgan.commands.train").main()
    assert end.value.code == 0
    assert "--gpus-per-node=1" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Clips of 32 x 32 pixels in ``own/gt`` and each fourth pixel of them in ``own/lq``."""
    for clip in "abcd":
        frames = moving(6, 32, 32)
        write_folder(tmp_path / "own/gt" / clip, frames)
        write_folder(tmp_path / "own/lq" / clip, frames[:, ::4, ::4])
    return tmp_path / "own"


ALIGNED = "train data=aligned data.root=own data.patch=32 data.layout.pictures={low:lq} machine=cpu"


def test_pairs_that_are_taken_for_clips(refused: Refused, pairs: Path) -> None:
    told = refused("train data=folder data.root=own")
    assert "own: gt and lq hold clips of the same names" in told
    assert "give data=aligned data.root=own data.layout.clips=gt 'data.layout.pictures={low: lq}'" in told


def test_pairs_that_do_not_fit(refused: Refused, pairs: Path) -> None:
    assert "own/x4: there is no such folder; name the one of low" in refused(f"{ALIGNED} data.layout.pictures.low=x4")
    write_folder(pairs / "lq/c", moving(6, 16, 16))
    assert "own/gt/c: low goes into it 2 times, and into own/gt/" in refused(ALIGNED)
    (pairs / "lq/b/frame_5.png").unlink()
    told = refused(ALIGNED)
    assert "own/lq/b: 5 frames of 8 x 8 pixels are not aligned with own/gt/b, 6 frames of 32 x 32 pixels; low" in told
    write_folder(pairs / "lq/f", moving(6, 8, 8))
    assert "own/lq/f: own/gt holds no clip of this name; add it, or take this one away" in refused(ALIGNED)
    write_folder(pairs / "gt/ab", moving(6, 32, 32))
    assert "own/gt/ab: own/lq holds no clip of this name; add it, or take the clip away" in refused(ALIGNED)


def test_pairs_of_another_scale_than_the_networks(refused: Refused, pairs: Path) -> None:
    for clip in "abcd":
        write_folder(pairs / "lq" / clip, moving(6, 16, 16))
    assert "its low resolution is 16x16 pixels and the run enlarges x4 to 32x32; leave low out" in refused(ALIGNED)
