"""State dicts in the namings and containers that other projects publish."""

import re
from collections.abc import Callable

from torch import Tensor

State = dict[str, Tensor]


def old_rrdbnet_keys(state: State) -> State:
    """The keys of ESRGAN's and BSRGAN's releases."""
    renamed = {}
    for key, value in state.items():
        key = re.sub(r"^body\.(\d+)\.rdb", r"RRDB_trunk.\1.RDB", key).replace("conv_body", "trunk_conv")
        renamed[key.replace("conv_up", "upconv").replace("conv_hr", "HRconv")] = value
    return renamed


def flat_rrdbnet_keys(state: State) -> State:
    """The keys of the x4 models before those: one nested nn.Sequential."""
    blocks = len({key.split(".")[1] for key in state if key.startswith("body.")})
    tops = {
        "conv_first": 0,
        "conv_body": f"1.sub.{blocks}",
        "conv_up1": 3,
        "conv_up2": 6,
        "conv_hr": 8,
        "conv_last": 10,
    }
    renamed = {}
    for key, value in state.items():
        module, kind = key.rsplit(".", 1)
        if module in tops:
            renamed[f"model.{tops[module]}.{kind}"] = value
        else:
            _, block, dense, conv = module.split(".")
            renamed[f"model.1.sub.{block}.{dense.upper()}.{conv}.0.{kind}"] = value
    return renamed


def mmagic_keys(state: State) -> State:
    """mmagic's keys of MSRResNet, BasicVSR and BasicVSR++."""
    renamed = {}
    for key, value in state.items():
        key = re.sub(r"^(backward|forward)_trunk", r"\1_resblocks", key)
        key = re.sub(r"^body\.", "trunk_net.", key)
        key = re.sub(r"^upconv(\d)", r"upsample\1.upsample_conv", key)
        if match := re.match(r"spynet\.basic_module\.(\d)\.basic_module\.(\d)\.(weight|bias)", key):
            level, layer, kind = match.groups()
            key = f"spynet.basic_module.{level}.basic_module.{int(layer) // 2}.conv.{kind}"
        renamed[key] = value
    return renamed


def _prefixed(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


CONTAINERS: dict[str, Callable[[State], object]] = {
    "raw": lambda state: state,
    "basicsr": lambda state: {"params": {key: value * 0 for key, value in state.items()}, "params_ema": state},
    "kair": lambda state: {"state_dict": state},
    "ddp": lambda state: {"epoch": 3, "model": _prefixed("module.", state)},
    "mmagic": lambda state: {
        "meta": {"epoch": 3},
        "state_dict": _prefixed("generator.", {key: value * 0 for key, value in state.items()})
        | _prefixed("generator_ema.", state),
    },
}
