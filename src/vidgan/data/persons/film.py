"""What a film of one person tells beside the movement: the scene, where in it the person stands, how it is framed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidgan.data.persons.framing import Framing, Points
from vidgan.data.persons.scene import Scene
from vidgan.errors import UserError


@dataclass(frozen=True)
class Film:
    """The part of a film that trains.

    Attributes:
        points: (T, 18, 2) in pixels of the film, missing ones NaN.
        framing: of the frames that a network sees.
        scene: behind the person.
    """

    points: Points
    framing: Framing
    scene: Scene

    def shows(self, picture: NDArray[np.uint8], points: Points) -> bool:
        """Whether a picture (H, W, 3) of a person, of key points (18, 2), may be one of its frames.

        A film of a camera that moves is never known again: its frames have no places in common.
        """
        return self.scene.is_steady and self.scene.is_behind(picture, points)

    def tensors(self) -> dict[str, Tensor]:
        """What :meth:`of` reads."""
        framing, scene = self.framing, self.scene
        return {
            "points": torch.from_numpy(self.points),
            "framing": torch.tensor([framing.left, framing.top, framing.step], dtype=torch.float64),
            "size": torch.tensor([framing.height, framing.width]),
            "scene": torch.from_numpy(scene.picture),
            "known": torch.from_numpy(scene.known),
            "camera": torch.tensor([scene.step, scene.unsteadiness], dtype=torch.float64),
        }

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> "Film | None":
        """The film of a run's knowledge; None where it is of something else, as runs of other data are.

        Raises:
            UserError: it is not what :meth:`tensors` made.
        """
        if "framing" not in tensors:
            return None
        try:
            (left, top, step), (height, width) = tensors["framing"].tolist(), map(int, tensors["size"].tolist())
            points, known = tensors["points"].numpy(), tensors["known"].numpy()
            picture, camera = tensors["scene"].numpy(), tensors["camera"].tolist()
            right = points.shape[1:] == (18, 2) and picture.shape == (*known.shape, 3) and picture.dtype == np.uint8
            if not (right and known.dtype == np.bool_ and np.isfinite([left, top, step, *camera]).all()):
                raise ValueError
            return cls(points, Framing(left, top, step, height, width), Scene(picture, known, *camera))
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(
                "What the run knows of its film is damaged; put back its knowledge.safetensors, or train it again with "
                "fresh=true."
            ) from error
