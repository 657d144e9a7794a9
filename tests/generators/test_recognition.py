"""Every network is found by its weights alone, in every published naming and container."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from tests.generators.test_contract import SMALL, clip
from tests.published import CONTAINERS, State, flat_rrdbnet_keys, mmagic_keys, old_rrdbnet_keys
from vidgan.errors import UserError
from vidgan.experiment.networks import load_network
from vidgan.generators.base import Generator, frames_of
from vidgan.generators.basicvsr import BasicVSR
from vidgan.generators.basicvsr_plus_plus import BasicVSRPlusPlus
from vidgan.generators.propagation_blend import PropagationBlend
from vidgan.generators.recognition import networks, recognise
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.generators.srresnet import MSRResNet
from vidgan.weights import read_state, renamed

PUBLISHED: dict[str, tuple[Callable[[], Generator], Callable[[State], State]]] = {
    **{name: (build, lambda state: state) for name, build in SMALL.items()},
    "rrdbnet-bsrgan": (lambda: RRDBNet(channels=4, blocks=2, growth=3), old_rrdbnet_keys),
    "rrdbnet-flat": (lambda: RRDBNet(channels=4, blocks=2, growth=3), flat_rrdbnet_keys),
    "srresnet-mmagic": (lambda: MSRResNet(channels=4, blocks=2), mmagic_keys),
    "basicvsr-mmagic": (lambda: BasicVSR(channels=4, blocks=2), mmagic_keys),
    "propagation-blend": (lambda: PropagationBlend(8, 8, 1), lambda state: state),
    "basicvsr++-mmagic": (lambda: BasicVSRPlusPlus(channels=8, blocks=2), mmagic_keys),
}


def class_name(description: dict[str, Any]) -> str:
    return description["_target_"].rpartition(".")[2]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_file_gives_the_network_and_its_very_frames(name: str, container: str, tmp_path: Path) -> None:
    build, naming = PUBLISHED[name]
    network = build().eval()
    path = tmp_path / "weights.pth"
    torch.save(CONTAINERS[container](naming(network.state_dict())), path)
    found = load_network(OmegaConf.create(recognise(read_state(path), path)), path)
    given = clip(network, 2, 8, 8).float()
    assert type(found) is type(network)
    assert torch.equal(frames_of(found(given)), frames_of(network(given)))


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_other_network_claims_the_keys(name: str) -> None:
    build, naming = PUBLISHED[name]
    network = build()
    claimed = []
    for other in networks():
        state = renamed(naming(network.state_dict()), other.aliases)
        try:
            other.recognise({key: tuple(value.shape) for key, value in state.items()})
        except KeyError:
            continue
        claimed.append(other)
    assert claimed == [type(network)]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("srresnet", {"scale": 4, "channels": 64, "blocks": 16}),
        ("rrdbnet", {"scale": 4, "channels": 64, "blocks": 23, "growth": 32}),
        ("srvgg", {"scale": 4, "channels": 64, "convs": 16}),
        ("basicvsr", {"channels": 64, "blocks": 30}),
        ("basicvsr_plus_plus", {"channels": 64, "blocks": 7}),
        ("tecogan", {"channels": 64, "blocks": 16}),
        ("sttn", {"channels": 256, "blocks": 8}),
    ],
)
def test_sizes_of_the_published_networks(name: str, arguments: dict[str, int]) -> None:
    kind = next(network for network in networks() if network.__module__.endswith(f".{name}"))
    with torch.device("meta"):
        found = recognise(kind(**arguments).state_dict(), "published.pth")
    assert found == {"_target_": f"{kind.__module__}.{kind.__name__}", **arguments}


def test_unknown_keys_are_told_in_one_sentence() -> None:
    state = {f"module.transformer.{index}.weight": torch.zeros(1) for index in range(5)}
    with pytest.raises(UserError) as error:
        recognise(state, "vrt.pth")
    assert str(error.value).startswith(
        "vrt.pth belongs to no network that vidgan knows: its keys are transformer.0.weight, transformer.1.weight, "
        "transformer.2.weight, ... (known are BasicVSR, "
    )


def test_no_tensors_are_told() -> None:
    with pytest.raises(UserError, match=r"^log.pth belongs to no network that vidgan knows: it holds no tensors"):
        recognise({}, "log.pth")


def test_a_key_too_many_is_named_with_what_was_found(tmp_path: Path) -> None:
    state = MSRResNet(channels=4, blocks=1).state_dict() | {"attention.weight": torch.zeros(1)}
    path = tmp_path / "modified.pth"
    torch.save(state, path)
    with pytest.raises(UserError, match=r"modified.pth seems to be MSRResNet\(scale=4, .*1 unexpected \(attention"):
        load_network(OmegaConf.create(recognise(state, path)), path)
