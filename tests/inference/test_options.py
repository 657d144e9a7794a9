"""What the functions of uses are told without a command line, which would have checked it."""

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from vidgan.errors import UserError
from vidgan.inference.trained import Trained
from vidgan.tasks.super_resolution.options import Options
from vidgan.tasks.super_resolution.use import upscale


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"overwrite": "no"}, "overwrite=no: expected true or false"),
        ({"overwrite": None}, "overwrite=None: expected true or false"),
        ({"codec": 3}, "codec=3: expected a text"),
        ({"sound": None}, "sound=None: expected one of copy, aac, opus, none"),
        ({"tile": "3"}, "tile=3: expected a whole number from 1"),
        ({"tile": 3.5}, "tile=3.5: expected a whole number from 1"),
        ({"tile": True}, "tile=True: expected a whole number from 1"),
        ({"quality": float("nan")}, "quality=nan: expected a number from 0 to 63"),
        ({"input": ""}, "input is empty"),
        ({"input": b"in.mp4"}, "input=b'in.mp4': expected a text"),
        ({"output": "???"}, "output is not set"),
    ],
)
def test_a_value_of_another_type_is_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError) as error:
        Options(**{"input": "a", "output": "b", **options})  # type: ignore[arg-type]  # that is what is tested
    assert sentence in str(error.value)


def test_numbers_of_other_libraries_are_numbers() -> None:
    assert Options(input="a", output="b", tile=np.int64(64), quality=np.float32(18)).tile == 64
    assert Options(input="a", output="b", quality=20).quality == 20


def test_what_is_no_path_is_no_name_of_a_file(tmp_path: Path) -> None:
    for given in (None, 5, ["a.mp4"], np.zeros((2, 8, 8, 3))):
        with pytest.raises(TypeError, match=r"expected str, bytes or os\.PathLike object, not"):
            upscale(given, tmp_path / "out.mp4", trained=Trained(nn.Identity()))  # type: ignore[arg-type]  # nor typed so
