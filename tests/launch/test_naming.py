"""Names of sweeps and points."""

from vidgan.launch.naming import keys_that_differ, label, short_keys, sweep_name


def test_a_key_is_shortened_as_far_as_it_stays_unique() -> None:
    generator, discriminator = "players.generator.optimizer.lr", "players.discriminator.optimizer.lr"
    assert short_keys([generator, "seed"]) == {generator: "lr", "seed": "seed"}
    assert short_keys([generator, discriminator]) == {
        generator: "generator.optimizer.lr",
        discriminator: "discriminator.optimizer.lr",
    }
    assert short_keys(["weight", "losses.pixel.weight"]) == {"weight": "weight", "losses.pixel.weight": "pixel.weight"}


def test_a_label_says_what_differs_alone() -> None:
    points = [{"data": "clips", "seed": "0", "a.b": "1"}, {"data": "clips", "seed": "1", "a.b": "1"}]
    keys = keys_that_differ(points)
    assert keys == ["seed"]
    assert [label(point, keys) for point in points] == ["seed=0", "seed=1"]
    assert label(points[0], []) == ""


def test_a_sweep_is_called_by_experiment_and_keys() -> None:
    assert sweep_name(["srgan", "srgan"], ["seed", "losses.pixel.weight"]) == "srgan-seed-weight"
    assert sweep_name(["srgan", "esrgan"], ["experiments"]) == "experiments-experiments"
