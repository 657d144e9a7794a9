"""``vidgan-pose``: the key points of the main person of a video, smoothed, in any format."""

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.pose_extraction import extract  # imports torch: not for --help

    extract(config)


def main() -> None:
    command("pose", _work)


if __name__ == "__main__":
    main()
