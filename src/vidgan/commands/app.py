"""``vidgan-app``: serves a page on which runs and weights that have a name can be tried."""

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command


def _work(config: DictConfig) -> None:
    from vidgan.app.server import serve  # imports gradio, where there is one: not for --help

    serve(config)


def main() -> None:
    command("app", _work)


if __name__ == "__main__":
    main()
