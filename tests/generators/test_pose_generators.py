"""Generators of persons in poses: what they promise, and what is published of them."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.rounding import FLOAT32
from vidgan.data.persons.synthetic import SyntheticPersons
from vidgan.errors import UserError
from vidgan.generators.limb_transport import LIMBS, LimbTransport, capsules, filled
from vidgan.generators.patn import PATN
from vidgan.generators.pg2 import PG2, AppearanceRefinement, PoseIntegration
from vidgan.generators.pose import PoseGenerator
from vidgan.weights import fit

SMALL: dict[str, Callable[[], PoseGenerator]] = {
    "limb_transport": lambda: LimbTransport(features=2, channels=4),
    "patn": lambda: PATN(channels=2, blocks=2, norm="instance").eval(),
    "pg2": lambda: PG2(32, 16, channels=4, code=3),
}


def batch(clips: int = 2, height: int = 32, width: int = 16) -> dict[str, Tensor]:
    pairs = SyntheticPersons(1, height, width).training
    parts = [pairs[number].to_float() for number in range(clips)]
    return {
        "source": torch.cat([part.conditions["source"] for part in parts]),
        "source_keypoints": torch.cat([part.conditions["source_keypoints"] for part in parts]),
        "target_keypoints": torch.cat([part.keypoints for part in parts]),
    }


def random_weights(network: torch.nn.Module) -> torch.nn.Module:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


@pytest.mark.parametrize("name", SMALL)
def test_one_source_and_many_poses_make_a_clip(name: str) -> None:
    network, given = random_weights(SMALL[name]()), batch()
    poses = torch.cat([given["target_keypoints"], given["source_keypoints"], given["target_keypoints"]], dim=1)
    made = network(given["source"], given["source_keypoints"], poses)
    assert made.shape == (2, 3, 3, 32, 16)
    # Convolutions of other batch sizes may add up in another order: float32, some ten layers of a hundred terms.
    torch.testing.assert_close(made[:, :1], network(**given), rtol=0, atol=1e-5)
    # Within a batch all but the ends of vectors add up in the same order: a few roundings of values near 1.
    torch.testing.assert_close(made[:, 0], made[:, 2], rtol=0, atol=FLOAT32)
    assert not torch.allclose(made[:, 0], made[:, 1])


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    network = random_weights(SMALL[name]())
    (network(**batch()) - 0.5).square().mean().backward()
    assert [key for key, parameter in network.named_parameters() if not parameter.grad.any()] == []


@pytest.mark.parametrize("name", SMALL)
def test_missing_and_far_points_keep_the_picture_finite(name: str) -> None:
    network, given = SMALL[name](), batch()
    given["source_keypoints"][0, 0, 3:9] = torch.nan
    given["target_keypoints"][:, 0, 2:5] = torch.tensor([[900.0, -40], [torch.nan, torch.nan], [8, 900]])
    made = network(**given)
    made.sum().backward()
    assert made.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


def test_capsules_by_hand() -> None:
    points = torch.tensor([[[2.0, 5.0], [8.0, 5.0], [torch.nan, torch.nan]]])
    maps = capsules(points, ((0, 1), (1, 1), (1, 2)), 2.0, 11, 11)
    assert maps.shape == (1, 3, 11, 11)
    torch.testing.assert_close(
        maps[0, 0, 7, 2:9], torch.full((7,), 0.5), rtol=0, atol=FLOAT32
    )  # two pixels below the axis
    # A distance is the root of at least 1e-6, which keeps its gradient finite: 0.001 on the axis, 2e-2 of that here.
    torch.testing.assert_close(
        maps[0, 0, 5, 2:9], torch.full((7,), torch.sigmoid(torch.tensor(4.0)).item()), atol=1e-4, rtol=0
    )
    assert maps[0, 0, 5, 10] == pytest.approx(0.5, abs=FLOAT32)  # round ends
    assert maps[0, 1, 5, 6] == pytest.approx(0.5, abs=FLOAT32)
    assert maps[0, 2].abs().max() == 0


def test_limb_transport_carries_color_along_the_limb() -> None:
    """With the carried color alone, a red source leg makes the target's leg red, wherever it is."""
    network = LimbTransport(features=2, channels=4)
    torch.nn.init.zeros_(network.unet.last.weight)
    with torch.no_grad():
        network.unet.last.bias.copy_(torch.tensor([0.0, 0, 0, -30, 30, -30]))
    given = batch(1, 64, 64)
    leg = LIMBS[0]
    area = capsules(given["source_keypoints"][0], (leg,), 3.0, 64, 64)[0, 0] > 0.5
    given["source"][0, 0] = torch.where(area, torch.tensor([0.9, 0.1, 0.1])[:, None, None], torch.tensor(0.5))
    given["target_keypoints"][:, :, leg] = torch.tensor([[20.0, 20], [20, 40]])
    made = network(**given)[0, 0]
    # Of a pixel well inside the limb up to 5 percent are its gray surroundings, which differ by 0.4, by the masks' soft
    # edges.
    torch.testing.assert_close(made[:, 30, 20], torch.tensor([0.9, 0.1, 0.1]), rtol=0, atol=0.02)


def test_what_is_unknown_is_filled_from_around() -> None:
    x, y = torch.meshgrid(torch.linspace(0, 1, 64), torch.linspace(0, 1, 48), indexing="ij")
    smooth = torch.stack([x, y, (x + y) / 2])[None]
    known = torch.ones(1, 1, 64, 48)
    known[..., 20:44, 18:30] = 0
    spoiled = torch.where(known > 0, smooth, torch.rand_like(smooth))
    made = filled(spoiled, known)
    torch.testing.assert_close(torch.where(known > 0, made, smooth), smooth)
    # Across the hole the ramps rise by up to 0.4, of which means over squares miss less than a tenth.
    assert (made - smooth).abs().max() < 0.04
    assert torch.equal(filled(smooth, torch.ones_like(known)), smooth)
    even = torch.full((1, 3, 9, 5), 0.3)
    torch.testing.assert_close(
        filled(even, (torch.rand(1, 1, 9, 5) > 0.5).float()), even, atol=1e-5, rtol=0
    )  # float32 means of means, of weights of a quarter or more to which 1e-6 is added: up to 1e-6 a level of four


def block(width: int) -> int:
    """Weights and biases of two 3 x 3 convolutions of one width."""
    return 2 * (9 * width**2 + width)


def test_pg2_has_the_parameters_of_its_description() -> None:
    """By hand from Ma et al. for 128 x 64 px: five blocks, 128 i wide, a code of 64; three blocks in stage 2."""
    n = 5
    encoder = 9 * 21 * 128 + 128 + sum(block(128 * i) for i in range(1, n + 1))
    encoder += sum(9 * 128 * i * 128 * (i + 1) + 128 * (i + 1) for i in range(1, n))
    code = (640 * 8 * 4 + 1) * 64 + (64 + 1) * 128 * 8 * 4
    wholes = [128 * n + 128] + [2 * 128 * i for i in range(n - 1, 0, -1)]  # decoder blocks, smallest map first
    decoder = sum(map(block, wholes))
    decoder += sum(whole * 128 * (n - 1 - i) + 128 * (n - 1 - i) for i, whole in enumerate(wholes[:-1]))
    decoder += 9 * 256 * 3 + 3
    with torch.device("meta"):
        network = PG2()
    assert sum(p.numel() for p in network.stage1.parameters()) == encoder + code + decoder == 70_795_075

    refinement = 9 * 6 * 128 + 128 + sum(block(128 * i) for i in (1, 2, 3)) + sum(map(block, (768, 512, 256)))
    refinement += 9 * 128 * 256 + 256 + 9 * 256 * 384 + 384 + (768 + 1) * 256 + (512 + 1) * 128 + 9 * 256 * 3 + 3
    assert sum(p.numel() for p in network.stage2.parameters()) == refinement


@pytest.mark.parametrize(("size", "blocks", "smallest"), [((128, 64), 5, (8, 4)), ((256, 256), 6, (8, 8))])
def test_pg2s_published_sizes(size: tuple[int, int], blocks: int, smallest: tuple[int, int]) -> None:
    with torch.device("meta"):
        network = PG2(*size)
        assert len(network.stage1.encoder) == blocks
        assert len(network.stage2.encoder) == blocks - 2
        assert network.stage1.smallest == (128, *smallest)
        skips = network.stage1.encode(torch.rand(1, 21, *size))
        assert skips[-1].shape == (1, 128 * blocks, *smallest)
        points = torch.rand(1, 1, 18, 2)
        assert network(torch.rand(1, 1, 3, *size), points, points).shape == (1, 1, 3, *size)


def test_patn_has_the_published_parameters_and_keys() -> None:
    """The paper's table says 41.36 million; by hand: entrances, nine blocks (the first one narrower), exit."""
    with torch.device("meta"):
        network = PATN()
    down = [49 * inputs * 64 + 9 * 64 * 128 + 9 * 128 * 256 + 2 * (64 + 128 + 256) for inputs in (3, 36)]
    picture = 2 * 9 * 256**2 + 2 * 2 * 256
    first = 2 * 9 * 256**2 + 2 * 256
    later = 9 * 512**2 + 2 * 512 + 9 * 512 * 256
    up = 9 * 256 * 128 + 9 * 128 * 64 + 2 * (128 + 64) + 49 * 64 * 3 + 3
    expected = sum(down) + 9 * picture + first + 8 * later + up
    assert sum(p.numel() for p in network.parameters()) == expected == 41_365_763
    assert {
        "model.stream1_down.1.weight",
        "model.stream2_down.8.running_var",
        "model.att.0.conv_block_stream1.7.weight",
        "model.att.8.conv_block_stream2.6.weight",
        "model.stream1_up.3.weight",
        "model.stream1_up.7.bias",
    } <= set(network.state_dict())
    assert network.state_dict()["model.att.8.conv_block_stream2.6.weight"].shape == (256, 512, 3, 3)


def test_patn_sees_both_poses() -> None:
    network, given = PATN(channels=2, blocks=2, norm="instance").eval(), batch()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
    made = network(**given)
    for name in given:
        assert not torch.equal(network(**{**given, name: given[name].flip(0)}), made)


def test_stage_2_is_fully_convolutional_and_stage_1_is_not() -> None:
    refine = random_weights(AppearanceRefinement(4, 2))
    assert not any(isinstance(module, torch.nn.Linear) for module in refine.modules())
    assert refine(torch.rand(1, 3, 22, 34), torch.rand(1, 3, 22, 34)).shape == (1, 3, 22, 34)
    assert sum(isinstance(module, torch.nn.Linear) for module in PoseIntegration(32, 16, 4, 3, 18).modules()) == 2


def test_the_result_is_stage_1s_until_stage_2_trains_and_its_gradient_stays_in_stage_2() -> None:
    network, given = PG2(32, 16, channels=4, code=3), batch()
    coarse = network.coarse(2 * given["source"][:, 0] - 1, given["target_keypoints"][:, 0])
    torch.testing.assert_close(network(**given)[:, 0], (coarse + 1) / 2, rtol=0, atol=FLOAT32)
    torch.nn.init.normal_(network.stage2.last.weight)
    for parameter in network.stage2.parameters():
        parameter.requires_grad_(False)
    network(**given).sum().backward()
    direct = [parameter.grad.clone() for parameter in network.stage1.parameters()]
    network.zero_grad()
    ((network.coarse(2 * given["source"][:, 0] - 1, given["target_keypoints"][:, 0]) + 1) / 2).sum().backward()
    for first, second in zip(direct, network.stage1.parameters(), strict=True):
        torch.testing.assert_close(first, second.grad)


def test_pg2_sees_the_target_pose_and_the_sources_picture_alone() -> None:
    network, given = random_weights(PG2(32, 16, channels=4, code=3)), batch()
    made = network(**given)
    moved = {**given, "source_keypoints": given["source_keypoints"] + 3}
    assert torch.equal(network(**moved), made)
    assert not torch.equal(network(**{**given, "target_keypoints": given["target_keypoints"] + 3}), made)
    assert not torch.equal(network(**{**given, "source": 1 - given["source"]}), made)


@pytest.mark.parametrize("size", [(100, 64), (16, 16), (128, 20)])
def test_sizes_that_do_not_fit_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UserError, match=f"pictures of {size[1]} x {size[0]} pixels do not fit"):
        PG2(*size)


def test_pictures_of_another_size_name_the_remedy() -> None:
    with pytest.raises(UserError, match="made for pictures of 16 x 32 pixels and is given 64 x 64: set its height"):
        PG2(32, 16, channels=4)(**batch(1, 64, 64))


def test_weights_of_before_the_unet_was_a_part_load() -> None:
    """Under the keys that they were saved with."""
    before, after = (LimbTransport(features=2, channels=4) for _ in range(2))
    old = {key.removeprefix("unet."): value for key, value in before.state_dict().items()}
    assert {"down1.weight", "body2.conv1.bias", "up0.weight", "skip1.bias", "last.weight"} <= old.keys()
    assert fit(after, old) == ""
    for key, value in after.state_dict().items():
        assert torch.equal(value, before.state_dict()[key])
