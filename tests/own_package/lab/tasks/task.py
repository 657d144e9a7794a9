"""A task of the lab's own, in a module that is called as many are."""

from torch import Tensor

from vidgan.data.clip import Clip
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.scoring import Baseline
from vidgan.engine.step import GeneratorOutput


class Relighting(AdversarialTask):
    """Half-dark clips to bright ones."""

    def condition(self, clip: Clip) -> Tensor:
        return 0.5 * clip.frames

    def generate(self, condition: Tensor) -> GeneratorOutput:
        return GeneratorOutput(self.network("generator")(condition))

    def baselines(self) -> dict[str, Baseline]:
        return {"dark": lambda condition: condition}
