"""A trained codec as files need it: what the decoder computes is fixed point, and the same on every machine."""

from collections.abc import Callable

import torch
from torch import Tensor

from vidgan.generators.entropy_models import whole
from vidgan.generators.fixed_point import LARGEST, STEP, fixed, on_grid
from vidgan.generators.transform_codec import MULTIPLE, ROW_GAIN, DecodedFrame, TransformCodec, centred, levels

INTRA, INTER, LATENTS = "intra", "inter", "latents"

#: Writes symbols: the name of the tables, the row that each symbol has among them, and the symbols from 0 on.
Write = Callable[[str, Tensor, Tensor], None]
#: Reads symbols: the name of the tables and the row of each.
Read = Callable[[str, Tensor], Tensor]


class FixedCodec:
    """Codes frames as symbols and back.

    The encoder's own networks are float: what they make need not be the same anywhere. All that symbols, and the frames
    that they stand for, follow from is fixed point.

    Args:
        codec: a trained one; its tables are used as they are.

    Attributes:
        tables: what symbols are coded by, each (rows, symbols) int64 that sum to 2^24, by name.

    Raises:
        UserError: its weights are not fit for fixed point.
    """

    def __init__(self, codec: TransformCodec) -> None:
        self._coders = {INTRA: codec.intra, INTER: codec.inter}
        self._decoders = {kind: fixed(coder.decoder) for kind, coder in self._coders.items()}
        self._medians = {kind: on_grid(coder.prior.medians.double()) for kind, coder in self._coders.items()}
        self._gaussian, self._beginning = codec.gaussian, codec.beginning
        self.rates = codec.rates
        self.device = codec.tradeoffs.device
        self.tables = {kind: coder.prior.tables for kind, coder in self._coders.items()}
        self.tables[LATENTS] = codec.gaussian.tables

    def state(self) -> dict[str, Tensor]:
        """All that decoding follows from, by name."""
        weights = {
            f"{kind}.{name}": value for kind, d in self._decoders.items() for name, value in d.state_dict().items()
        }
        medians = {f"{kind}.medians": value for kind, value in self._medians.items()}
        constants = {"constants": torch.tensor([STEP, LARGEST, ROW_GAIN], dtype=torch.float64)}
        return {**constants, **weights, **medians, **{f"{name}.tables": value for name, value in self.tables.items()}}

    @torch.inference_mode()
    def encode(
        self, frame: Tensor, rate: int, memory: DecodedFrame | None, write: Write
    ) -> tuple[Tensor, DecodedFrame]:
        """Writes a frame's symbols.

        Args:
            frame: (3, H, W) uint8.
            rate: the number of the rate.
            memory: after the frame before; None codes the frame by itself.
            write: what takes the symbols.

        Returns:
            the frame as it will be decoded, and the memory after it.
        """
        kind = INTRA if memory is None else INTER
        coder, picture = self._coders[kind], centred(frame[None].to(self.device, torch.float32))
        rates = torch.tensor([rate], device=self.device)
        memory = memory or self._beginning(picture.double())
        y, z = coder.analyzed(picture, DecodedFrame(memory.picture.float(), memory.latents.float()), rates)
        hyper = whole(z.double() - self._medians[kind], coder.prior.reach)
        write(kind, coder.prior.rows(hyper), hyper + coder.prior.reach)
        mean, rows = self._expected(kind, hyper, memory, rates)
        latents = whole(y.double() - mean, self._gaussian.reach)
        write(LATENTS, rows, latents + self._gaussian.reach)
        return self._rebuilt(kind, latents + mean, memory, rates, frame.shape[-2:])

    @torch.inference_mode()
    def decode(
        self, size: tuple[int, int], rate: int, memory: DecodedFrame | None, read: Read
    ) -> tuple[Tensor, DecodedFrame]:
        """A frame of its symbols.

        Args:
            size: height and width.
            rate: the number of the rate.
            memory: after the frame before; None where the frame was coded by itself.
            read: what gives the symbols.

        Returns:
            (3, H, W) uint8, and the memory after it.
        """
        kind = INTRA if memory is None else INTER
        prior = self._coders[kind].prior
        height, width = (side + -side % MULTIPLE for side in size)
        memory = memory or self._beginning(torch.zeros(1, 3, height, width, dtype=torch.float64, device=self.device))
        rates = torch.tensor([rate], device=self.device)
        blank = torch.empty(1, prior.channels, height // MULTIPLE, width // MULTIPLE, device=self.device)
        hyper = read(kind, prior.rows(blank)) - prior.reach
        mean, rows = self._expected(kind, hyper, memory, rates)
        latents = read(LATENTS, rows) - self._gaussian.reach
        return self._rebuilt(kind, latents + mean, memory, rates, size)

    def _expected(self, kind: str, hyper: Tensor, memory: DecodedFrame, rates: Tensor) -> tuple[Tensor, Tensor]:
        mean, number = self._decoders[kind].expected(hyper + self._medians[kind], memory, rates)
        return mean, self._gaussian.rows(number)

    def _rebuilt(
        self, kind: str, latents: Tensor, memory: DecodedFrame, rates: Tensor, size: tuple[int, int] | torch.Size
    ) -> tuple[Tensor, DecodedFrame]:
        after = self._decoders[kind].rebuilt(latents, memory, rates)
        return levels(after.picture)[0, :, : size[0], : size[1]].byte(), after
