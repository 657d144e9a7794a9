"""``vidgan-train``: trains an experiment, resumes it, or returns its recorded result."""

from omegaconf import DictConfig

from vidgan.experiment.commands import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.training import train  # imports torch and Lightning: not for --help

    train(config)


def main() -> None:
    command("train", _work)


if __name__ == "__main__":
    main()
