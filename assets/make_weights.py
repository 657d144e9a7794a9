"""Makes ``assets/weights``: trains the quickstarts, each some minutes on two cores, and keeps what became of them.

    python assets/make_weights.py                                    all of them
    python assets/make_weights.py super_resolution denoising         the quickstarts of these tasks
    python assets/make_weights.py super_resolution --runs folder     takes those that were trained there

A run that is finished is not trained again. ``shipped.yaml`` tells of each file its checksum, how it was trained and
how it scored when its training ended; ``vidgan-weights info`` prints that.
"""

import argparse
import hashlib
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import yaml

from vidgan.atomic import replacing
from vidgan.errors import UserError
from vidgan.experiment.zoo import SHIPPED, TABLE
from vidgan.record.folder import FINISHED, RunFolder, find_trained

TITLES = {
    "artifact_removal": "Takes away what H.264 has added, told the rate factor",
    "denoising": "Noise of 5 to 55 levels, frame by frame without a look ahead",
    "frame_interpolation": "Frames between two: six guesses along DIS flow, weighed",
    "generation": "Clips of moving shapes of 64 x 64 pixels, of the motion that is asked for",
    "inpainting": "Holes filled with what other frames show",
    "learned_coding": "Four rates of one codec, .vgc files",
    "pose_sequence": "Key points of a detector, made better",
    "pose_transfer": "Synthetic persons of 64 x 64 pixels in other poses",
    "pose_video": "Synthetic persons of 64 x 64 pixels set in motion",
    "single_video": "The shipped gymnast's clip in other sizes and lengths",
    "super_resolution": "Four times as large, frame by frame with a memory",
}
# What the use of a task cannot do without, beside files, where there is no run that tells it.
OPTIONS = {
    "frame_interpolation": "factor=2",
    "generation": "frames=16",
    "pose_transfer": "height=64 width=64",
    "pose_video": "height=64 width=64",
}


def command(name: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", f"vidgan.commands.{name}", *arguments], check=True)


def trained(task: str, runs: Path) -> RunFolder:
    """The finished run of a task's quickstart; it is trained where there is none."""
    with suppress(UserError):
        if (found := find_trained(runs, task)).summary.get("state") == FINISHED:
            return found
    command("train", f"experiments={task}/quickstart", f"name={task}", f"paths.runs={runs}", "tracking=disabled")
    return find_trained(runs, task)


def entry(task: str, folder: RunFolder, file: Path) -> dict[str, object]:
    """What the table tells of weights."""
    summary, (*_, segment) = folder.summary, folder.read("provenance.json")["segments"]
    return {
        "title": TITLES[task],
        "experiment": f"{task}/quickstart",
        **({"options": OPTIONS[task]} if task in OPTIONS else {}),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "protocol": summary["protocol"],
        "scores": {name: float(f"{value:.4g}") for name, value in summary["metrics"].items()},
        "iterations": summary["iteration"],
        "seconds": round(summary["seconds"]),
        "machine": f"{segment['device']}, torch {segment['packages']['torch']}",
        "commit": segment["commit"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"{', '.join(TITLES)}; default: all")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs")
    arguments = parser.parse_args()
    if unknown := [task for task in arguments.tasks if task not in TITLES]:
        parser.error(f"there is no task {unknown[0]}")
    table = SHIPPED / TABLE
    for task in arguments.tasks or TITLES:
        folder, file = trained(task, arguments.runs), SHIPPED / f"{task}_quickstart.safetensors"
        command("export", f"run={folder.path}", f"output={file}", "overwrite=true")
        told = yaml.safe_load(table.read_text(encoding="utf-8"))
        told[f"{task}_quickstart"] = entry(task, folder, file)
        with replacing(table) as temporary:
            temporary.write_text(yaml.safe_dump(dict(sorted(told.items())), sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    main()
