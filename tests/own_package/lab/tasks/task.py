"""A task of the lab's own, in a module that is called as many are."""

from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.scene import Made
from vidgan.engine.scoring import Baseline


class Relighting(AdversarialTask):
    """Half-dark clips to bright ones."""

    def condition(self, clip: Clip) -> Tensor:
        return 0.5 * clip.frames

    def generate(self, condition: Tensor) -> Made:
        return Made(self.network("generator")(condition))

    def baselines(self) -> dict[str, Baseline]:
        return {"dark": lambda clip, condition: condition}
