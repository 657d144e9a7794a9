"""Published networks have the numbers of parameters and keys of BasicSR, TecoGAN-PyTorch, fastdvdnet and STTN."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from vidgan.generators.basicvsr import BasicVSR
from vidgan.generators.basicvsr_plus_plus import BasicVSRPlusPlus
from vidgan.generators.fastdvdnet import FastDVDnet
from vidgan.generators.rrdbnet import RRDBNet
from vidgan.generators.spynet import SpyNet
from vidgan.generators.srresnet import MSRResNet
from vidgan.generators.srvgg import SRVGGNetCompact
from vidgan.generators.sttn import STTN
from vidgan.generators.tecogan import FNet, TecoGAN


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("network", "count"),
    [
        (MSRResNet(), 1_517_571),
        (RRDBNet(), 16_697_987),
        (SRVGGNetCompact(convs=16), 621_424),
        (SRVGGNetCompact(convs=32), 1_213_296),
        (SpyNet(), 1_440_300),
        (BasicVSR(), 6_291_311),
        (BasicVSRPlusPlus(), 7_322_927),
        (FNet(), 1_745_506),
        (TecoGAN(blocks=10), 2_589_093),
        (TecoGAN(blocks=16), 3_032_229),
        (FastDVDnet(), 2_479_096),
        (STTN(), 16_556_163),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_parameter_counts(network: nn.Module, count: int) -> None:
    assert parameters(network) == count


@pytest.mark.parametrize(
    ("network", "count", "keys"),
    [
        (MSRResNet(), 74, ["conv_first.weight", "body.15.conv2.bias", "upconv2.weight", "conv_hr.bias"]),
        (RRDBNet(), 702, ["body.22.rdb3.conv5.weight", "conv_body.bias", "conv_up2.weight", "conv_last.bias"]),
        (SRVGGNetCompact(convs=16), 53, ["body.0.weight", "body.1.weight", "body.34.bias"]),
        (SRVGGNetCompact(convs=32), 101, ["body.66.weight"]),
        (
            BasicVSR(),
            316,
            ["spynet.mean", "spynet.basic_module.5.basic_module.8.bias", "forward_trunk.main.2.29.conv2.bias"],
        ),
        (
            BasicVSRPlusPlus(),
            274,
            [
                "feat_extract.main.2.4.conv2.bias",
                "deform_align.backward_1.weight",
                "deform_align.forward_2.conv_offset.6.bias",
                "backbone.forward_1.main.2.6.conv1.weight",
                "reconstruction.main.0.weight",
            ],
        ),
        (
            FastDVDnet(),
            162,
            [
                "temp1.inc.convblock.0.weight",
                "temp1.downc0.convblock.3.convblock.4.running_var",
                "temp2.upc2.convblock.0.convblock.3.weight",
                "temp2.outc.convblock.3.weight",
            ],
        ),
        (TecoGAN(), 100, ["fnet.encoder1.0.weight", "fnet.flow.2.bias", "srnet.resblocks.15.conv.2.weight"]),
        (
            STTN(),
            112,
            [
                "encoder.6.weight",
                "transformer.7.attention.query_embedding.weight",
                "transformer.0.attention.output_linear.0.bias",
                "transformer.7.feed_forward.conv.2.weight",
                "decoder.0.conv.weight",
                "decoder.4.conv.bias",
                "decoder.6.weight",
            ],
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_state_dict_keys(network: nn.Module, count: int, keys: list[str]) -> None:
    state = network.state_dict()
    assert len(state) == count
    assert set(keys) <= set(state)


@pytest.mark.parametrize(("scale", "channels"), [(4, 3), (2, 12), (1, 48)])
def test_rrdbnet_unshuffles_its_input_for_small_scales(scale: int, channels: int) -> None:
    assert RRDBNet(scale, blocks=1).conv_first.in_channels == channels


def test_fastdvdnet_mirrors_odd_sizes_as_its_authors_do() -> None:
    network, clip = FastDVDnet().eval(), torch.rand(1, 5, 4, 14, 19)
    mirrored = F.pad(clip[0], (0, 1, 0, 2), mode="reflect")[None]
    with torch.no_grad():
        torch.testing.assert_close(network.window(clip), network.window(mirrored)[..., :14, :19])
