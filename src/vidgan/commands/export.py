"""``vidgan-export``: writes a network with what it takes to use it elsewhere."""

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.exporting import export  # imports torch: not for --help

    export(config)


def main() -> None:
    command("export", _work)


if __name__ == "__main__":
    main()
