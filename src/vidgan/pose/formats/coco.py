"""COCO key points: one JSON file of pictures and annotations, or a list of results."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsorted

from vidgan.atomic import replacing
from vidgan.errors import UserError
from vidgan.pose.formats.units import in_pixels, rate, rate_of
from vidgan.pose.sequence import KeypointSequence, Points, no_points
from vidgan.pose.skeleton import COCO_17

_VISIBLE = 2
_COUNTS = (51, 78, 399, 408)  # numbers of a person: COCO, Halpe-26, COCO-WholeBody, Halpe-136, which all begin alike
_SPREAD = 3  # numbers of frames to each that somebody is in, above which they are no frames of a video
_SCORES = "keypoint_scores"  # beside COCO's own keys: its third number is 0, 1 or 2 in data sets


def read_coco(path: Path, content: Any) -> KeypointSequence:
    """A data set (``images``, ``annotations``) or a list of results (``image_id``, ``keypoints``), of COCO-17.

    Frames are the pictures in the order of their ids, 2.jpg before 10.jpg; numbers that results leave out are frames of
    nobody. Persons are told apart by ``track_id`` where there is one, else by their order in the picture. The
    confidence is ``keypoint_scores``; without it, the third number in results, and 1 for what is labelled in data sets.
    Of Halpe's and COCO-WholeBody's key points the first 17, which are COCO's, are taken.

    Args:
        path: of the file, for messages.
        content: what its JSON says.

    Raises:
        UserError: the file is something else; the text says what is wrong with it.
    """
    try:
        labelled = isinstance(content, dict)
        annotations = content["annotations"] if labelled else content
        images = {image["id"]: image for image in content["images"]} if labelled else {}
        if labelled:
            _refuse_other_points(content.get("categories") or [], path)
        frames = natsorted(images) if images else _with_gaps({item["image_id"] for item in annotations})
        places = _places(annotations, frames)
        if len(set(places)) < len(places):
            raise UserError(f"{path}: two persons of one picture have the same track_id; give each its own.")
        persons = max((person for _, person in places), default=-1) + 1
        points = no_points(path, len(frames), persons, COCO_17)
        for item, place in zip(annotations, places, strict=True):
            points[place] = _points(item, labelled, path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: is no key point file of COCO ({type(error).__name__}: {error}).") from error
    sizes = {(image["width"], image["height"]) for image in images.values() if {"width", "height"} <= image.keys()}
    size = sizes.pop() if len(sizes) == 1 else None
    return KeypointSequence(in_pixels(points, size, path), COCO_17, size, rate_of(content, path))


def write_coco(sequence: KeypointSequence, path: Path) -> None:
    """Writes a data set of one picture a frame, of persons of COCO-17 with ``track_id`` and ``keypoint_scores``."""
    sizes = dict(zip(("width", "height"), sequence.size, strict=True)) if sequence.size else {}
    images = [{"id": frame, "file_name": f"{frame:08d}.png", **sizes} for frame in range(len(sequence))]
    annotations = [
        {"id": number, "image_id": int(frame), "category_id": 1, "track_id": int(person)}
        | _annotation(sequence.points[frame, person])
        for number, (frame, person) in enumerate(np.argwhere(sequence.present.any(-1)))
    ]
    limbs = [[a + 1, b + 1] for a, b in COCO_17.limb_indices]
    categories = [{"id": 1, "name": "person", "keypoints": list(COCO_17.joints), "skeleton": limbs}]
    content = {"images": images, "annotations": annotations, "categories": categories, **rate(sequence)}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _with_gaps(ids: set[Any]) -> list[Any]:
    """Ids in the order of their numbers, and those between them that are left out, where they number frames."""
    numbers = {name: number for name in ids if (number := _number(name)) is not None}
    first, last = min(numbers.values(), default=0), max(numbers.values(), default=0)
    if len(numbers) < len(ids) or len(set(numbers.values())) < len(ids) or last - first >= _SPREAD * len(ids):
        return list(natsorted(ids))
    names = {number: name for name, number in numbers.items()}
    return [names.get(number, ("nobody", number)) for number in range(first, last + 1)]


def _number(name: Any) -> int | None:
    """The last number in the name of a frame, such as 7 of clip2_0007.jpg."""
    found = re.findall(r"\d+", Path(str(name)).stem)
    return int(found[-1]) if found else None


def _refuse_other_points(categories: list[dict[str, Any]], path: Path) -> None:
    for category in categories:
        names = category.get("keypoints") or list(COCO_17.joints)
        if list(names[: len(COCO_17)]) != list(COCO_17.joints):
            raise UserError(
                f"{path}: its key points are {', '.join(map(str, names[:3]))}, ...; COCO's 17 are expected."
            )


def _places(annotations: list[dict[str, Any]], frames: list[Any]) -> list[tuple[int, int]]:
    """Numbers of frame and person of each annotation."""
    numbers = {frame: number for number, frame in enumerate(frames)}
    if annotations and all("track_id" in item for item in annotations):
        tracks = {track: number for number, track in enumerate(natsorted({item["track_id"] for item in annotations}))}
        return [(numbers[item["image_id"]], tracks[item["track_id"]]) for item in annotations]
    seen: Counter[int] = Counter()
    places = []
    for item in annotations:
        frame = numbers[item["image_id"]]
        places.append((frame, seen[frame]))
        seen[frame] += 1
    return places


def _points(item: dict[str, Any], labelled: bool, path: Path) -> Points:
    numbers = item["keypoints"]
    if len(numbers) not in _COUNTS:
        raise UserError(f"{path}: a person has {len(numbers)} numbers; 51 (17 key points) are expected.")
    points = np.array(numbers[: 3 * len(COCO_17)], np.float32).reshape(-1, 3)
    missing = points[:, 2] == 0
    if _SCORES in item:
        points[:, 2] = item[_SCORES][: len(COCO_17)]
    elif labelled:
        points[:, 2] = 1
    points[missing] = np.nan
    return points


def _annotation(person: Points) -> dict[str, Any]:
    there = np.isfinite(person[:, 0])
    filled = np.nan_to_num(person, nan=0.0).astype(float)
    marked = np.concatenate([filled[:, :2].round(4), _VISIBLE * there[:, None]], axis=1)
    low, high = person[there, :2].min(0), person[there, :2].max(0)
    box = [float(number) for number in (*low, *(high - low))]
    return {
        "keypoints": marked.flatten().tolist(),
        "num_keypoints": int(there.sum()),
        "bbox": box,
        "area": box[2] * box[3],
        "iscrowd": 0,
        _SCORES: filled[:, 2].round(6).tolist(),
    }
