"""Keys, groups, options and experiments that there are not: refused by name in every command."""

import pytest

from tests.wrong_inputs.conftest import Refused

KEYS = [
    ("train engine.iteration=3", "engine.iteration: there is no such key; did you mean engine.iterations?"),
    ("train iterations=5", "iterations: there is no such key; did you mean engine.iterations?"),
    ("train iteratoins=5", "did you mean engine.iterations?"),
    ("train +engine.iteration=3", "engine.iteration: there is no such key; did you mean engine.iterations?"),
    ("train ++engine.iteration=3", "engine.iteration: there is no such key; did you mean engine.iterations?"),
    ("train ++losses.temporal.wieght=5", "losses.temporal.wieght: there is no such key; did you mean losses.temporal."),
    ("train +loses.x=1", "loses: there is no such key; did you mean losses?"),
    ("train +machine.profiler=simple", "machine.profiler: there is no such key; there are accelerator, devices,"),
    ("train losses.pixle.weight=1", "losses.pixle.weight: there is no such key; did you mean losses.pixel.weight?"),
    ("train +losses.temporall.start=3", "losses.temporall"),
    ("train +losses.extra=hinge", "One more is added by +losses@losses.extra=<option>"),
    ("train +players.critic.every=2", "One more is added by +players@players.critic=<option>"),
    ("train data.patchs=3", "data.patchs: there is no such key; did you mean data.patch?"),
    ("train +data.patchs=3", "data.patchs: vidgan.data.datamodule.ClipDataModule has no argument 'patchs'; did you"),
    ("train +networks.generator.chanels=3", "networks.generator.chanels: vidgan.generators.recurrent.RecurrentSR has"),
    ("train ++players.generator.optimizer.lrr=1", "players.generator.optimizer.lrr: torch.optim.Adam has no argument"),
    ("train lr=3", "did you mean players.generator.optimizer.lr or players.discriminator.optimizer.lr?"),
    ("train sed=1", "sed: there is no such key; did you mean seed?"),
    ("train machine.device=2", "machine.device: there is no such key; did you mean machine.devices?"),
    ("train machine.slurm.time=60", "machine.slurm.time: machine.slurm is null"),
    (
        "train machine=slurm +machine.slurm.tme=60",
        "machine.slurm.tme: there is no such key; did you mean machine.slurm",
    ),
    ("train ~engine.log_every", "~engine.log_every: it is needed"),
    ("train ~losses.foo", "~losses.foo: there is no such key"),
    ("train ~foo", "~foo: there is no such key"),
    ("train ~data", "data has no _target_, which names its class; choose one with data=<option>"),
    ("train +data.frames=3", "+data.frames: there is such a key already"),
    ("train hydra.foo=3", "hydra.foo: there is no such key"),
    ("train +hydra.foo=3", "+hydra.foo=3: Hydra's own configuration takes no further keys"),
    ("train tracking.entitiy=me", "did you mean tracking.entity?"),
    ("train paths.run=there", "did you mean paths.runs?"),
    ("evaluate rnu=x", "rnu: there is no such key; did you mean run?"),
    ("evaluate +rnu=x", "rnu: there is no such key; did you mean run?"),
    ("evaluate run=x protocl=default", "protocl: there is no such key; did you mean protocol?"),
    ("evaluate run=x compare_too=bicubic", "did you mean compare_to?"),
    ("evaluate run=x ++machine.worker=1", "machine.worker: there is no such key; did you mean machine.workers?"),
    ("predict inptu=a output=b.mp4", "inptu: there is no such key; did you mean input?"),
    ("predict +inptu=a output=b.mp4", "inptu: there is no such key; did you mean input?"),
    ("predict tiles=3", "tiles: there is no such key; did you mean tile?"),
    ("predict task=pose_video refrence=a.png", "refrence: there is no such key; did you mean reference?"),
    ("predict task=pose_video +frames=3", "frames: there is no such key"),
    ("export outputs=net.onnx", "outputs: there is no such key; did you mean output?"),
    ("export +format=onnx", "format: there is no such key; there are run, weights, output, paths"),
    ("pose inputs=a.mp4", "inputs: there is no such key; did you mean input?"),
    ("pose +smother=none", "smother: there is no such key; did you mean smoother?"),
    ("pose input=a.mp4 output=b.npz +smoother.sigmas=3", "smoother.sigmas: "),
    ("data check data=folder data.rot=x", "data.rot: there is no such key; did you mean data.root?"),
    ("data check data=folder +data.rot=x data.root=y", "data.rot: "),
    ("data check +quik=true", "quik: there is no such key; did you mean quick?"),
    ("data index data=folder data.root=x --quick", "unrecognized arguments: --quick; keys are given as key=value"),
]

OPTIONS = [
    ("train experiment=super_resolution/srgan", "experiment: there is no such key; did you mean experiments?"),
    ("train experiments=quickstrat", "or super_resolution/quickstart? There are denoising/fastdvdnet_davis, "),
    ("train experiments=super_resolution/quickstrat", "did you mean super_resolution/quickstart?"),
    ("train experiments=", "experiments"),
    ("train +experiments=super_resolution/srgan", "experiments is chosen already; leave the + out"),
    ("train data=folders", "data=folders: there is none of that name; did you mean folder? There are clips, "),
    ("train data=foo", "data=foo: there is none of that name; there are clips, davis"),
    ("train degradation=jpeg", "degradation=jpeg is no configuration; did you mean degradations@degradation=jpeg?"),
    ("train degradations=jpeg", "degradations: there is no such key; did you mean degradations@degradation"),
    ("train degradations@degradation=gausian", "did you mean gaussian? There are bd"),
    ("train protocol=perceptual", "protocol=perceptual is no configuration; did you mean protocols@protocol=percept"),
    ("train task=denoising", "task=denoising is no configuration; did you mean tasks@task=denoising?"),
    ("train generators@networks.generator=srvg", "did you mean srvgg?"),
    ("train losses@losses.pixl=l1", "losses@losses.pixl: there is no such choice; did you mean losses@losses.pixel?"),
    ("train +losses@losses.more=l3", "+losses@losses.more=l3: there is none of that name; "),
    ("train losses.pixel.loss=l1", "losses.pixel.loss=l1 is no configuration; did you mean losses@losses.pixel=l1?"),
    ("train +losses=3", "+losses=3: expected the name of an option, one of acceleration"),
    ("train +networks.extra=3", "networks.extra=3 is no configuration; did you mean generators@networks.extra=3?"),
    ("train players.generator.optimizer=adam", "players.generator.optimizer=adam is no configuration"),
    ("train machine=slrum", "machine=slrum: there is none of that name; did you mean slurm?"),
    ("train tracking=of", "tracking=of: there is none of that name; "),
    ("train --config-name trian", "trian: there is no such configuration"),
    ("train --config-dir nowhere", "nowhere: there is no such folder of configuration"),
    ("train hydra.searchpath=[file://nowhere]", "nowhere: there is no such folder of configuration"),
    ("train --multi", "unrecognized arguments: --multi"),
    ("evaluate run=x data=foo", "data=foo: there is none of that name; there are clips"),
    ("evaluate run=x data=folders data.root=y", "data=folders: there is none of that name; did you mean folder?"),
    ("evaluate run=x degradations@degradation=gausian", "did you mean gaussian?"),
    ("evaluate run=x degradation=gaussian", "did you mean degradations@degradation=gaussian?"),
    ("evaluate run=x tasks@task=denoisng", "did you mean denoising?"),
    ("evaluate run=x --config-dir nowhere", "nowhere: there is no such folder"),
    ("predict machine=gpu", "machine=gpu: there is none of that name; did you mean gpus?"),
    ("predict task=pose_vido run=x", "task: there is no such key"),
    ("pose input=a output=b.npz estimator=blazpose", "did you mean blazepose?"),
    ("pose input=a output=b.npz smoother=one_eur", "did you mean one_euro?"),
    ("data check data=redds", "did you mean reds?"),
    ("data chekc data=reds", "chekc is nothing that vidgan-data does"),
]


@pytest.mark.parametrize(("line", "words"), KEYS + OPTIONS)
def test_what_there_is_not_is_refused_by_name(refused: Refused, line: str, words: str) -> None:
    assert words in refused(line)


def test_a_whole_further_term_may_still_be_added(refused: Refused) -> None:
    """The loss of a new name composes; what is wrong is told of it."""
    assert "losses.more.weight=-1: expected a number" in refused("train +losses@losses.more=l1 losses.more.weight=-1")
