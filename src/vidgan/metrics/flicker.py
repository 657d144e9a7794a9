"""How restless a clip is beside the real one."""

from torch import Tensor

from vidgan.errors import UserError
from vidgan.metrics.base import Metric


class FlickerFactor(Metric):
    """Mean |f_t-1 - 2 f_t + f_t+1| of the made clip over that of the real one: 1 is as steady as the real.

    The second difference leaves steady change out; what is above 1 flickers. Below 1 the motion is smeared or missing
    (a still picture has 0), so that the direction holds above 1 alone. Not a number for a real clip that does not
    change.
    """

    higher_is_better = False
    color = "protocol"

    def __call__(self, fake: Tensor, real: Tensor) -> float:
        """
        Raises:
            UserError: the clips have less than three frames.
        """
        if len(fake) < 3:
            raise UserError(f"the flicker factor needs clips of at least 3 frames and this one has {len(fake)}")
        made, wanted = (float(frames.double().diff(n=2, dim=0).abs().mean()) for frames in (fake, real))
        return made / wanted if wanted else float("nan")
