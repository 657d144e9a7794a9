"""``vidgan-predict``: applies a run to videos, pictures and folders of frames; with ``task=pose_video``, animates."""

import sys

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.prediction import predict  # imports torch and Lightning: not for --help

    predict(config)


def _animate(config: DictConfig) -> None:
    from vidgan.experiment.animation import animate  # heavy, too

    animate(config)


def main() -> None:
    if "task=pose_video" in sys.argv[1:]:
        command("animate", _animate)
    else:
        command("predict", _work)


if __name__ == "__main__":
    main()
