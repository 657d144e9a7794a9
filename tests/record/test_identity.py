"""What changes a run's id, and what must not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from vidgan.experiment.build import build_networks
from vidgan.record.identity import definition, run_id

Composed = Callable[..., DictConfig]


@pytest.mark.parametrize(
    "override",
    [
        "machine=cpu",
        "machine.workers=7",
        "machine.precision=32-true",  # the quickstart's own
        "tracking=disabled",
        "tracking.tags=[a]",
        "paths.assets=/somewhere/else",
        "fresh=true",
    ],
)
def test_the_machine_is_not_part_of_the_experiment(composed: Composed, override: str) -> None:
    assert run_id(composed(override)) == run_id(composed())


@pytest.mark.parametrize(
    "override",
    ["seed=1", "losses.adversarial.weight=0.1", "data.batch_size=16", "engine.iterations=7", "protocol.crop=0"],
)
def test_whatever_defines_the_result_is(composed: Composed, override: str) -> None:
    assert run_id(composed(override)) != run_id(composed())


def test_the_order_in_which_networks_are_named_says_nothing(composed: Composed) -> None:
    config = composed("+discriminators@networks.another=patch")
    turned = config.copy()
    turned.networks = dict(reversed(list(config.networks.items())))
    assert list(turned.networks) != list(config.networks)
    assert run_id(turned) == run_id(config)
    one, other = build_networks(config), build_networks(turned)
    for name, network in one.items():
        for key, value in network.state_dict().items():
            assert torch.equal(value, other[name].state_dict()[key]), f"{name}.{key}"


def test_a_precision_chosen_by_hand_is_part_of_the_experiment(composed: Composed) -> None:
    chosen = [run_id(composed(f"machine.precision={name}")) for name in ("32-true", "bf16-mixed", "auto")]
    assert len(set(chosen)) == 3
    assert definition(composed("machine.precision=bf16-mixed"))["precision"] == "bf16-mixed"
    assert "precision" not in definition(composed("machine.precision=auto"))


def test_interpolations_are_resolved(composed: Composed) -> None:
    config = definition(composed("engine.iterations=7"))
    assert config["players"]["generator"]["schedule"]["T_max"] == 7
    assert config["data"]["root"] == "<paths.assets>/clips"


RATE = "players.generator.optimizer.lr"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{RATE}=1e-4", f"{RATE}=0.0001"),
        (f"{RATE}=1", f"{RATE}=1.0"),
        ("losses.pixel.weight=1", "losses.pixel.weight=1.0"),
        ("players.generator.optimizer.betas=[0.9,0.99]", "seed=0"),
        ("+players.generator.optimizer.weight_decay=0", "seed=0"),  # Adam's own default
        ("data.augmentation.color_jitter=0", "data.augmentation.flip=true"),
        ("engine.accumulate=1", "engine.compile=[]"),
    ],
)
def test_what_is_written_in_two_ways_is_one(composed: Composed, one: str, other: str) -> None:
    assert run_id(composed(one)) == run_id(composed(other))


def test_a_name_is_not_hashed_but_read(composed: Composed) -> None:
    name, _, digits = run_id(composed("name=mine")).partition("-")
    assert name == "mine"
    assert run_id(composed()) == f"quickstart-{digits}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with ``clips``, ``data/reds`` and ``net.pth``."""
    for folder in ("clips", "data/reds", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "net.pth").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ids(composed: Composed, key: str, ways: list[str]) -> set[str]:
    return {run_id(composed("data=folder", "data.root=clips", f"{key}={way}")) for way in ways}


def test_a_path_is_one_path_however_it_is_written(
    composed: Composed, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "link").symlink_to("clips")
    ways = ["clips", "./clips", "clips/", "elsewhere/../clips", f"{project}/clips", f"{project}//clips/", "link"]
    one = ids(composed, "data.root", ways)
    assert len(one) == 1
    weights = ["net.pth", "./net.pth", f"{project}/net.pth"]
    assert len(ids(composed, "+warm_start.generator", weights)) == 1
    assert ids(composed, "data.root", ["elsewhere"]) != one
    monkeypatch.chdir(project / "elsewhere")
    assert ids(composed, "data.root", ["../clips", f"{project}/clips"]) == one


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("{}/clips", "clips"),
        ("data/reds", "<paths.data>/reds"),
        ("{}/data", "<paths.data>"),
        ("${paths.data}/reds/", "<paths.data>/reds"),
        ("data/linked", "<paths.data>/linked"),
        ("/usr/share/../lib", "/usr/lib"),
    ],
)
def test_paths_are_names_where_they_can_be(composed: Composed, project: Path, given: str, name: str) -> None:
    (project / "data/linked").symlink_to("/usr")
    assert definition(composed("data=folder", f"data.root={given.replace('{}', str(project))}"))["data"]["root"] == name


def test_a_word_is_no_path_because_a_folder_has_its_name(composed: Composed, project: Path) -> None:
    (project / "y").mkdir()
    assert definition(composed("protocol.color=y"))["protocol"]["color"] == "y"


def test_a_file_is_a_path_whatever_its_key_is_called(composed: Composed, project: Path) -> None:
    (project / "joints.json").touch()
    assert len(ids(composed, "protocol.follows", ["joints.json", "./joints.json", f"{project}/joints.json"])) == 1


def test_a_long_text_is_no_path_and_no_error(composed: Composed) -> None:
    said = f"published in {'a/' * 5}{'b' * 300}"
    assert definition(composed(f"protocol.follows='{said}'"))["protocol"]["follows"] == said
