"""The generator of videos of persons: its parts, what it promises, and what it carries."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.generators.test_pose_generators import batch
from tests.rounding import FLOAT32
from vidgan.backbones.efficientnet_lite0 import Lite0Features
from vidgan.errors import UserError
from vidgan.generators.embeddings.maps import PoseMaps
from vidgan.generators.encoders.base import Encoder
from vidgan.generators.encoders.efficientnet_lite0 import EfficientNetLite0
from vidgan.generators.encoders.resnet import ResNet18
from vidgan.generators.limb_transport import LIMBS, capsules, scene_behind
from vidgan.generators.limbs import features_along, pixels_of_limbs
from vidgan.generators.memories.conv_gru import ConvGRU
from vidgan.generators.memories.conv_lstm import ConvLSTM
from vidgan.generators.memories.transformer import TemporalTransformer
from vidgan.generators.recurrent_limb_transport import RecurrentLimbTransport

ENCODERS: dict[str, Callable[[], Encoder]] = {
    "resnet18": lambda: ResNet18(4, stages=2),
    "efficientnet_lite0": lambda: EfficientNetLite0(stages=3),
}
#: Batches of other sizes may add up in another order: float32, some ten layers of a hundred terms.
BATCHED = 1e-5
#: Places of up to 64 pixels are off by 4e-6 in each of a few float32 operations, by which neighbours mix that differ
#: by up to 1.
PLACED = 3e-5

MEMORIES = {"gru": ConvGRU, "lstm": ConvLSTM, "transformer": partial(TemporalTransformer, heads=2, window=3)}


def small(memory: Callable | None = ConvGRU, encoder: str = "resnet18") -> RecurrentLimbTransport:
    network = RecurrentLimbTransport(ENCODERS[encoder](), PoseMaps, memory, features=2, channels=4)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


def clips(frames: int = 4) -> dict[str, Tensor]:
    given = batch()
    drift = torch.arange(frames)[:, None, None] * torch.tensor([1.5, -0.5])
    given["target_keypoints"] = given["target_keypoints"] + drift
    return given


@pytest.mark.parametrize("memory", MEMORIES)
def test_part_by_part_is_the_whole(memory: str) -> None:
    network, given = small(MEMORIES[memory]).double(), clips()
    given = {name: value.double() for name, value in given.items()}
    whole, state, made = network(**given), None, []
    for poses in given.pop("target_keypoints").split([1, 3], dim=1):
        frames, state = network.stream(**given, target_keypoints=poses, state=state)
        made.append(frames)
    assert whole.shape == (2, 4, 3, 32, 16)
    # Some ten layers in double precision, of a few hundred terms that may be blocked otherwise: 1e-16 each.
    torch.testing.assert_close(torch.cat(made, dim=1), whole, rtol=0, atol=1e-12)


def test_the_memory_reaches_the_frames_to_come_alone() -> None:
    network, given = small(), clips()
    changed = {**given, "target_keypoints": given["target_keypoints"].clone()}
    changed["target_keypoints"][:, 1] += 3
    difference = (network(**changed) - network(**given)).abs().amax(dim=(0, 2, 3, 4))
    assert difference[0] == 0
    assert (difference[1:] > 0).all()


def test_without_a_memory_frames_are_made_by_themselves() -> None:
    network, given = small(memory=None), clips()
    whole = network(**given)
    given["target_keypoints"] = given["target_keypoints"][:, 2:3]
    torch.testing.assert_close(network(**given), whole[:, 2:3], rtol=0, atol=BATCHED)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_parameter_gets_a_gradient(encoder: str) -> None:
    network = small(encoder=encoder).train()
    (network(**clips()) - 0.5).square().mean().backward()
    assert [key for key, parameter in network.named_parameters() if not parameter.grad.any()] == []


def test_missing_and_far_points_keep_the_picture_finite() -> None:
    network, given = small(), clips()
    given["source_keypoints"][0, 0, 3:9] = torch.nan
    given["target_keypoints"][:, 1, 2:5] = torch.tensor([[900.0, -40], [torch.nan, torch.nan], [8, 900]])
    made = network(**given)
    made.sum().backward()
    assert made.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


def test_parameters_by_hand() -> None:
    c, f, width, limbs = 8, 5, 4, len(LIMBS)

    def conv(inputs: int, outputs: int) -> int:
        return 9 * inputs * outputs + outputs

    stem = 49 * 3 * width + 2 * width
    stage = 4 * (9 * width**2 + 2 * width)
    exchange = limbs * (width + 3) * limbs * f + limbs * f
    embedding = conv(18 + 17, 2 * c) + conv(2 * c, 2 * c)
    unet = conv(f + 9, c) + conv(c, 2 * c) + 2 * conv(2 * c, 2 * c) + conv(2 * c, 3 * c) + 2 * conv(3 * c, 3 * c)
    unet += conv(3 * c, 2 * c) + conv(2 * c, 2 * c) + conv(2 * c, c) + conv(c, c) + conv(c, 7)
    network = RecurrentLimbTransport(ResNet18(width, stages=1), PoseMaps, None, features=f, channels=c)
    assert sum(p.numel() for p in network.parameters()) == stem + stage + exchange + 2 * embedding + unet


def test_in_its_own_pose_a_limb_keeps_its_pixels() -> None:
    given = batch(1, 64, 64)
    source, points = given["source"][:, 0], given["source_keypoints"][:, 0]
    moved = pixels_of_limbs(source, points, points[:, None])
    assert moved.shape == (1, 1, len(LIMBS), 3, 64, 64)
    for limb, (start, stop) in enumerate(LIMBS):
        x, y = ((points[0, start] + points[0, stop]) / 2).round().int().tolist()
        torch.testing.assert_close(moved[0, 0, limb, :, y, x], source[0, :, y, x], rtol=0, atol=PLACED)


def test_pixels_turn_with_their_limb_and_are_mirrored_from_behind() -> None:
    """A leg that hangs down in the source lies in the target: what was on its left comes to lie above it."""
    source = torch.zeros(1, 3, 32, 32)
    source[..., :16] = 1  # left of the axis at x = 15.5
    points, lying = torch.full((1, 18, 2), torch.nan), torch.full((1, 18, 2), torch.nan)
    points[0, [8, 9]] = torch.tensor([[15.5, 8.0], [15.5, 24.0]])
    lying[0, [8, 9]] = torch.tensor([[24.0, 15.5], [8.0, 15.5]])
    points[0, [2, 5]] = lying[0, [2, 5]] = torch.tensor([[10.0, 4.0], [20.0, 4.0]])
    moved = pixels_of_limbs(source, points, lying[:, None])[0, 0, 0, 0]
    # Away from the edge neighbours are equal: float32 weights that sum to 1.
    torch.testing.assert_close(moved[10:15, 10:22], torch.ones(5, 12), rtol=0, atol=FLOAT32)
    torch.testing.assert_close(moved[17:22, 10:22], torch.zeros(5, 12), rtol=0, atol=FLOAT32)
    lying[0, [2, 5]] = lying[0, [5, 2]]
    behind = pixels_of_limbs(source, points, lying[:, None])[0, 0, 0, 0]
    torch.testing.assert_close(behind, moved.flip(0), rtol=0, atol=PLACED)


def test_features_are_the_mean_along_the_limb() -> None:
    """Of a map that is its own x coordinate the mean along a limb is that of its middle, at any size of the map."""
    points = torch.full((1, 18, 2), torch.nan)
    points[0, [8, 9]] = torch.tensor([[8.0, 10.0], [20.0, 30.0]])
    whole = torch.arange(64.0).expand(1, 1, 64, 64)
    half = (2 * torch.arange(32.0) + 0.5).expand(1, 1, 32, 32)
    for maps in (whole, half):
        found = features_along(maps, points, 64, 64)
        torch.testing.assert_close(found[0, 0], torch.tensor([14.0]), rtol=0, atol=PLACED)
        assert found[0, 1:].abs().max() == 0


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the keys that torchvision publishes, of random weights."""
    path = tmp_path_factory.mktemp("resnet") / "resnet18.pth"
    state = ResNet18().state_dict()
    torch.save({**state, "fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}, path)
    return path


def test_resnet_has_the_published_keys_and_count() -> None:
    with torch.device("meta"):
        network = ResNet18()
    assert sum(p.numel() for p in network.parameters()) == 11_689_512 - 513_000  # without the classifier
    block = [f"{part}.{i}.{kind}" for part in ("a",) for i in (0, 1) for kind in ("conv1.weight", "conv2.weight")]
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    keys = {"conv1.weight", *(f"bn1.{name}" for name in norm)}
    for stage in (1, 2, 3, 4):
        keys |= {key.replace("a.", f"layer{stage}.", 1) for key in block}
        keys |= {f"layer{stage}.{i}.bn{n}.{name}" for i in (0, 1) for n in (1, 2) for name in norm}
        if stage > 1:
            keys |= {f"layer{stage}.0.downsample.{key}" for key in ("0.weight", *(f"1.{name}" for name in norm))}
    assert set(network.state_dict()) == keys
    maps = network(torch.rand(1, 3, 64, 96, device="meta"))
    assert [tuple(each.shape) for each in maps] == [
        (1, 64, 16, 24), (1, 128, 8, 12), (1, 256, 4, 6), (1, 512, 2, 3),
    ]  # fmt: skip


@pytest.mark.parametrize("encoder", ENCODERS)
def test_clips_of_a_batch_are_independent_in_training(encoder: str) -> None:
    network, given = small(encoder=encoder), clips()
    assert network.training
    alone = network(**{name: value[1:] for name, value in given.items()})
    torch.testing.assert_close(network(**given)[1:], alone, rtol=0, atol=BATCHED)


@pytest.mark.parametrize("stages", [2, 4])
def test_published_weights_load_and_their_statistics_stay(published: Path, stages: int) -> None:
    network = ResNet18(stages=stages, weights=str(published), sha256="").train()
    expected = torch.load(published, weights_only=True)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    assert all(torch.equal(value, expected[key]) for key, value in before.items())
    network(torch.rand(2, 3, 64, 64))
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_lite0_has_the_features_that_the_metrics_compare() -> None:
    """The weights of the package, all six stages; fewer are the first of them."""
    network, images = EfficientNetLite0(stages=6).train(), torch.rand(2, 3, 64, 96)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    maps = network(images)
    for found, expected in zip(maps, Lite0Features().stages(images), strict=True):
        torch.testing.assert_close(found, expected)
    assert tuple(each.shape[1] for each in maps) == network.widths
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    torch.testing.assert_close(EfficientNetLite0(stages=2)(images), maps[:2])
    with pytest.raises(UserError, match="stages=7: EfficientNet-Lite0 has 1 to 6"):
        EfficientNetLite0(stages=7)


def test_another_file_is_refused(published: Path) -> None:
    with pytest.raises(UserError, match=r"has the SHA-256 .*, not f37072fd: it is damaged or another file"):
        ResNet18(weights=str(published))
    with pytest.raises(UserError, match="There is no weight file nowhere"):
        ResNet18(weights="nowhere.pth")


def test_pose_maps_draw_at_half_the_size() -> None:
    """A single point is brightest where the half's pixel covers it."""
    network = PoseMaps(4)
    seen: list[Tensor] = []
    network.conv1.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    points = torch.full((1, 18, 2), torch.nan)
    points[0, 3] = torch.tensor([21.0, 10.0])
    assert network(points, 31, 64).shape == (1, 4, 16, 32)
    assert seen[0].shape == (1, 35, 16, 32)
    assert seen[0][0, 3].argmax() == 5 * 32 + 10
    seen[0][0, 3] = 0
    assert seen[0].abs().max() == 0


def test_a_scene_that_is_known_is_shown_where_nobody_is() -> None:
    """The one that is made up is what it stands for; another one replaces it away from the person."""
    network, given = RecurrentLimbTransport(ENCODERS["resnet18"](), PoseMaps, None, 2, 4), clips()
    made_up = scene_behind(2 * given["source"][:, 0] - 1, given["source_keypoints"][:, 0])[:, None] / 2 + 0.5
    torch.testing.assert_close(network(**given, scene=made_up), network(**given), rtol=0, atol=BATCHED)
    torch.nn.init.zeros_(network.unet.last.weight)
    white, black = (network(**given, scene=torch.full_like(made_up, color))[:, :, 0] for color in (1.0, 0.0))
    poses, (height, width) = given["target_keypoints"].flatten(0, 1), white.shape[-2:]
    away = capsules(poses, LIMBS, 2.5 / 64 * height, height, width).amax(1).unflatten(0, white.shape[:2]) < 1e-3
    assert away.float().mean() > 0.1
    # A painted color, two that are carried and the scene; away from limbs those have little to say.
    share = torch.tensor([0.0, -2.0, -2.0, 2.0]).softmax(0)[3]
    assert (white - black - share)[away].abs().max() < 0.01
