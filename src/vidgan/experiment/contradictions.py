"""Values of a training configuration that do not go together, found before anything is built."""

from collections.abc import Iterator

from omegaconf import DictConfig

from vidgan.config.instantiate import resolve_target
from vidgan.engine.adversarial import AdversarialTask
from vidgan.engine.loss_terms import asks_discriminator, is_adversarial
from vidgan.engine.players import Role
from vidgan.experiment.build import warm_starts, world_size


def contradictions(config: DictConfig) -> Iterator[str]:
    """Values that do not go together, one sentence each."""
    yield from _batch(config)
    yield from _intervals(config)
    yield from _names(config)
    yield from _roles(config)
    yield from _game(config)
    yield from _monitor(config)


def _batch(config: DictConfig) -> Iterator[str]:
    devices, batch = world_size(config.machine), config.data.get("batch_size")
    if batch is not None and batch % devices:
        yield f"data.batch_size={batch} is the batch of all devices together and does not divide among {devices}."
    elif batch is not None and batch // devices % config.engine.accumulate:
        yield (
            f"engine.accumulate={config.engine.accumulate} does not divide a device's share of the batch, "
            f"{batch // devices} of data.batch_size={batch} clips."
        )


def _intervals(config: DictConfig) -> Iterator[str]:
    iterations = config.engine.iterations
    for group in ("players", "losses"):
        for name, part in config[group].items():
            if part.start >= iterations:
                yield (
                    f"{group}.{name}.start={part.start} is not before the end, engine.iterations={iterations}: it "
                    f"would never begin; lower it or remove {group}.{name}."
                )
            if part.stop is not None and 0 != part.stop <= part.start:
                yield f"{group}.{name}.stop={part.stop} is not after its start, {part.start}."


def _names(config: DictConfig) -> Iterator[str]:
    for key, names in (("engine.compile", config.engine.compile), ("warm_start", dict(warm_starts(config)))):
        for name in names:
            if name.split(".")[0] not in config.networks:
                yield f"{key} names '{name}', which is not in networks ({', '.join(config.networks)})."


def _roles(config: DictConfig) -> Iterator[str]:
    """What a role is not for."""
    if all(player.role != Role.GENERATOR for player in config.players.values()):
        yield "players: none has the role generator, and nothing would be trained; set players.<name>.role=generator."
    for name, player in config.players.items():
        if player.role == Role.AUXILIARY and not _has_auxiliary(config):
            yield f"players.{name}.role=auxiliary: the task has no loss of such a player; give another role."


def _has_auxiliary(config: DictConfig) -> bool:
    method = getattr(resolve_target(config.task._target_, "task"), "auxiliary", None)
    return method is not AdversarialTask.auxiliary


def _game(config: DictConfig) -> Iterator[str]:
    """Losses and discriminators that wait for each other in vain, and a generator that has no loss."""
    for name, player in config.players.items():
        asking = [key for key, term in config.losses.items() if term.discriminator in player.owns and _asks(term)]
        if player.role == Role.DISCRIMINATOR and player.stop != 0:
            yield from _idle(config, name)
        elif player.role == Role.GENERATOR and asking:
            yield f"losses.{asking[0]} is judged by what players.{name} trains, whose role is generator; change it."
    if not any(term.weight and term.stop != 0 for term in config.losses.values()):
        yield "losses: none has a weight above 0, and the generator would learn nothing; add one or give it a weight."


def _idle(config: DictConfig, name: str) -> Iterator[str]:
    """Whether no loss ever trains a discriminator."""
    player = config.players[name]
    training = {key: term for key, term in config.losses.items() if term.discriminator in player.owns and _trains(term)}
    if not training:
        judge = ", ".join(player.owns)
        yield (
            f"players.{name}: no loss trains networks.{judge}; remove both by ~players.{name} ~networks.{judge}, or "
            f"add a loss by +losses@losses.<name>=vanilla."
        )
    elif all(term.stop is not None and term.stop <= player.start for term in training.values()):
        key, term = next(iter(training.items()))
        yield f"losses.{key}.stop={term.stop} is not after players.{name}.start={player.start}: they never meet."


def _asks(term: DictConfig) -> bool:
    return asks_discriminator(resolve_target(term.loss._target_, "loss"))


def _trains(term: DictConfig) -> bool:
    return is_adversarial(resolve_target(term.loss._target_, "loss"))


def _monitor(config: DictConfig) -> Iterator[str]:
    monitor = config.validation.monitor
    if monitor is None:
        return
    if config.validation.every is None:
        yield f"validation.monitor={monitor} is measured by validations, and there are none; set validation.every."
    if config.protocol is None:
        yield f"validation.monitor={monitor} is a metric of a protocol, and there is none; choose protocols@protocol."
