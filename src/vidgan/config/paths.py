"""Where vidgan's own files are: the configuration tree, the experiments, the shipped clips."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_CHECKOUT = _PACKAGE.parents[1]
#: The folder that holds ``conf/``, ``experiments/`` and ``assets/``: the checkout, or the package where installed.
ROOT = _CHECKOUT if (_CHECKOUT / "conf" / "train.yaml").is_file() else _PACKAGE
CONF = ROOT / "conf"
EXPERIMENTS = ROOT / "experiments"
