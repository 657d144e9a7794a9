"""The discriminator of DCGAN (Radford et al. 2016) as PG2 uses it: of pairs (Ma et al. 2017, section 3.3)."""

from torch import Tensor, nn

from vidgan.discriminators.blocks import Norm, normalized, with_activations
from vidgan.discriminators.pairs import PairDiscriminator, Partner
from vidgan.errors import UserError


class DCGANPairDiscriminator(PairDiscriminator):
    """5 x 5 convolutions of stride 2 down to 8 px in height, twice as wide each up to 8 times, and one linear layer.

    Of 128 x 64 px there are four, 64-128-256-512; of 256 x 256 px a fifth, of 512 again.

    Args:
        height, width: of the frames; a power of two, and a multiple of an eighth of it.
        channels: width of the first layer; 64 is published.
        norm: of all layers but the first; batch norm is published.
        partner: see :class:`PairDiscriminator`.

    Raises:
        UserError: the sizes do not fit, or frames of another size come.
    """

    def __init__(
        self,
        height: int = 128,
        width: int = 64,
        channels: int = 64,
        norm: Norm = "batch",
        partner: Partner = "source",
    ) -> None:
        super().__init__(partner)
        layers = height.bit_length() - 4
        if height != 8 << layers or layers < 1 or width % (1 << layers):
            raise UserError(
                f"DCGANPairDiscriminator: frames of {width} x {height} pixels do not fit; the height is 16, 32, 64, "
                "128, ... and the width a multiple of an eighth of it."
            )
        self.size = height, width
        modules: list[nn.Module] = []
        outputs = self.inputs
        for layer in range(layers):
            inputs, outputs = outputs, channels * min(2**layer, 8)
            conv = nn.Conv2d(inputs, outputs, 5, 2, padding=2)
            nn.init.normal_(conv.weight, std=0.02)
            modules += [*normalized(conv, norm if layer else "none"), nn.LeakyReLU(0.2, inplace=True)]
        self.model = nn.Sequential(*modules)
        self.linear = nn.Linear(outputs * 8 * (width >> layers), 1)

    def judge(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1) of pairs (N, inputs, H, W), and the activation of each layer."""
        if images.shape[-2:] != self.size:
            (height, width), (wanted_height, wanted_width) = images.shape[-2:], self.size
            raise UserError(
                f"DCGANPairDiscriminator is made for {wanted_width} x {wanted_height} pixels and is given {width} x "
                f"{height}: set its height and width to the data's."
            )
        made, features = with_activations(self.model, images)
        return self.linear(made.flatten(1)), features
