"""Key points in one JSON file: whose it is, by what is in it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsorted

from vidgan.errors import UserError
from vidgan.pose.formats.coco import read_coco
from vidgan.pose.formats.openpose import of_frames, people_of
from vidgan.pose.sequence import KeypointSequence

KINDS = (
    "COCO (images and annotations, or a list with image_id and keypoints, as AlphaPose writes), MMPose "
    "(instance_info), or a list of OpenPose's frames (people)"
)


def read_json(path: Path) -> KeypointSequence:
    """A data set or results of COCO, a video of MMPose, or a list of frames as OpenPose's nodes of ComfyUI write them.

    Raises:
        UserError: the file is something else, or broken; the text says what.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read as JSON ({type(error).__name__}: {error}).") from error
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        raise UserError(f"{path}: holds no key points that are known; give {KINDS}.")
    if "people" in first:
        if isinstance(content, dict):
            raise UserError(f"{path}: is a single frame of OpenPose; give the folder of its frames.")
        return of_frames([people_of(frame, path) for frame in content], path, content)
    if "instance_info" in first:
        return read_coco(path, _of_mmpose(first, path))
    if first.keys() & {"annotations", "image_id"} or content == []:
        return read_coco(path, content)
    if first.keys() & {"landmarks", "pose_landmarks", "poseLandmarks"}:
        raise UserError(f"{path}: holds landmarks of MediaPipe, of no frame's size; give its video to vidgan-pose.")
    raise UserError(f"{path}: holds {', '.join(map(str, [*first][:3])) or 'nothing'}; give {KINDS}.")


def _of_mmpose(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same as a data set of COCO: a picture for each frame, with those in which nobody is found."""
    try:
        frames = content["instance_info"]
        ids = [frame["frame_id"] for frame in frames]
        annotations = [
            {
                "image_id": frame["frame_id"],
                "keypoints": np.insert(np.array(person["keypoints"], float)[:, :2], 2, 2, axis=1).ravel().tolist(),
                "keypoint_scores": person["keypoint_scores"],
                **({"track_id": person["track_id"]} if "track_id" in person else {}),
            }
            for frame in frames
            for person in frame["instances"]
        ]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UserError(f"{path}: is no file of MMPose ({type(error).__name__}: {error}).") from error
    return {"images": [{"id": number} for number in natsorted(ids)], "annotations": annotations}
