"""What a run makes of held-out seeds, each clip over the training clip that is nearest to it: is it new?

Run: python experiments/generation/neighbors.py run=quickstart output=neighbors.png
"""

import sys

import cv2
import torch
from omegaconf import OmegaConf

from vidgan.config.instantiate import build
from vidgan.experiment.prediction import load
from vidgan.metrics.novelty import distances, thumbnail
from vidgan.randomness import mix

_SHOWN, _FRAMES, _ENLARGED = 6, 8, 2


def main(run: str, output: str, runs: str = "runs") -> None:
    trained = load(run, runs=runs)
    data = build(OmegaConf.create(dict(trained.recorded["data"])), "data", loading=None)
    scored = [data.evaluated("test")[number].to_float() for number in range(len(data.evaluated("test")))]
    reals = torch.stack([thumbnail(clip.frames[0]) for clip in scored])
    among = distances(reals, reals)
    usual = float(among.masked_fill(among == 0, torch.inf).amin(1).median())
    rows = []
    for number in range(_SHOWN):
        seeds = torch.tensor([mix("scored", number)])
        label = {"label": scored[number].conditions["label"]} if trained.network.classes else {}
        with torch.inference_mode():
            made = trained.network(**trained.network.noise(seeds, data.frames), **label)[0]
        distance, nearest = distances(thumbnail(made)[None], reals)[0].min(0)
        print(f"clip {number}: {float(distance) / usual:.2f} of what training clips are from each other")
        chosen = torch.linspace(0, data.frames - 1, _FRAMES).round().long()
        rows += [torch.cat(list(clip[chosen]), -1) for clip in (made, scored[int(nearest)].frames[0])]
    picture = (torch.cat(rows, 1).permute(1, 2, 0) * 255).round().byte().numpy()[..., ::-1]
    cv2.imwrite(output, cv2.resize(picture, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_NEAREST))


if __name__ == "__main__":
    main(**dict(argument.split("=", 1) for argument in sys.argv[1:]))
