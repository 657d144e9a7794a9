"""``vidgan-evaluate``: scores a run under a protocol."""

import sys

from omegaconf import DictConfig

from vidgan.commands.hydra_command import command


def _work(config: DictConfig) -> None:
    from vidgan.experiment.evaluation import evaluate  # imports torch and Lightning: not for --help

    evaluate(config)


def _listed(argument: str) -> str:
    """``compare_to=a,b`` and ``overrides=a.b=1,c=[2,3]`` as Hydra writes lists: ``overrides=['a.b=1','c=[2,3]']``."""
    key, _, value = argument.partition("=")
    if key not in ("compare_to", "overrides") or value in ("", "null"):
        return argument
    inner = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    return f"{key}=[{','.join(map(_quoted, _split(inner)))}]"


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "[{(") - (sign in ")}]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def _quoted(text: str) -> str:
    return f"'{text}'" if "=" in text and text[0] not in "'\"" else text


def main() -> None:
    sys.argv[1:] = map(_listed, sys.argv[1:])
    command("evaluate", _work)


if __name__ == "__main__":
    main()
