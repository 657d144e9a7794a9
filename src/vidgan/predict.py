"""``vidgan-predict``: applies a run to videos, pictures and folders of frames."""

from omegaconf import DictConfig

from vidgan.experiment.commands import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.prediction import predict  # imports torch and Lightning: not for --help

    predict(config)


def main() -> None:
    command("predict", _work)


if __name__ == "__main__":
    main()
