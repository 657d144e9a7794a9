"""``vidgan-evaluate``: scores a run under a protocol."""

from omegaconf import DictConfig

from vidgan.experiment.commands import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.evaluation import evaluate  # imports torch and Lightning: not for --help

    evaluate(config)


def main() -> None:
    command("evaluate", _work)


if __name__ == "__main__":
    main()
