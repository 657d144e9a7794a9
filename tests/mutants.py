"""Whether the tests notice: each mutant is one changed line of the sources, and the test that has to fail of it.

``python -m tests.mutants [word ...]`` (minutes; those whose file or line has all of the words) works in a temporary
copy, prints a table, and ends with 1 if a mutant survives. All of its tests have to pass first.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

ROOT = Path(__file__).parents[1]
_COPIED = ("src", "conf", "experiments", "tests")
_LINKED = ("assets", "pyproject.toml")


@dataclass(frozen=True)
class Mutant:
    """One line changed.

    Attributes:
        file: below the root.
        line: a part of one line that is in the file once.
        instead: what takes its place.
        test: below ``tests``; it fails of the mutant.
    """

    file: str
    line: str
    instead: str
    test: str


_ADVERSARIAL = "src/vidgan/engine/adversarial.py"
_MOVES = "src/vidgan/engine/moves.py"
_HEALTH = "src/vidgan/engine/monitoring.py"
_DIAGNOSIS = "src/vidgan/engine/diagnosis.py"
_PLAYERS = "src/vidgan/engine/players.py"
_STEP = "src/vidgan/engine/step.py"
_CONSISTENCY = "src/vidgan/engine/consistency.py"
_LOSSES = "src/vidgan/losses/adversarial.py"
_DATA = "src/vidgan/data"
_RETARGET = "src/vidgan/pose/retarget.py"
_SCENE = "src/vidgan/data/persons/scene.py"
_RECIPES = "experiments/super_resolution"
_RETIMING = "src/vidgan/inference/retiming.py"

_CHUNKS = "engine/test_accumulation.py::test_a_step_does_not_depend_on_the_chunks"
_LAZY = "engine/test_accumulation.py::test_the_mean_weight_of_a_lazy_penalty_is_the_asked_one"
_RESUMED = "engine/test_accumulation.py::test_lazy_penalties_and_the_gate_go_on_after_a_resume"
_NOT_FINITE = "engine/test_divergence.py::test_gradients_that_are_not_finite_are_counted_and_refused"
_BY_HAND = "engine/test_adversarial.py::test_equals_a_hand_written_loop"
_GIVEN = "engine/test_namespace.py::test_a_step_is_a_namespace"
_ASKED = "engine/test_namespace.py::test_all_that_ever_counts_is_asked_about_before_the_first_update"
_LACKING = "engine/test_namespace.py::test_metrics_score_what_was_named_and_leave_out_methods_that_have_none"
_LEVELS = "tasks/denoising/test_task.py::test_levels_of_a_protocol_are_scored_side_by_side"
_WHOLE = "protocols/test_cases.py::test_clips_stay_whole_where_any_case_asks_for_it"
_TOLD = "protocols/test_cases.py::test_what_a_case_sets_reaches_the_metrics_whole_or_in_pieces"
_ANEW = "tasks/single_video/test_task.py::"
_CASES = "protocols/test_cases.py::test_each_case_sets_its_condition_and_has_its_columns"
_IN_STEP = "data/test_folder.py::test_all_is_cropped_and_turned_in_step"
_OF_MAPS = "data/test_augmentation.py::test_a_map_is_moved_as_its_frames_and_keeps_its_values"
_WINDOW = "engine/test_truncation.py::test_a_window_of_a_clip_has_its_key_points_and_what_is_aligned"
_EXCERPT = "data/test_derived.py::test_an_excerpt_has_the_same_frames_of_what_is_aligned"
_WHOLE = "inference/test_retiming.py::test_frames_of_the_input_stay_whole_where_time_stamps_are_rounded"
_USED = "tasks/frame_interpolation/test_use.py::"
_GOLDEN = "golden/test_golden.py::test_an_experiment_trains_as_recorded"

_BITS = "protocols/test_rate_distortion.py::"
_CODED = "tasks/artifact_removal/test_task.py::"

MUTANTS = (
    # Coding
    Mutant(
        "src/vidgan/protocols/rate_distortion.py",
        "sign * curve[:, 1]",
        "curve[:, 1]",
        f"{_BITS}test_a_quality_of_which_less_is_better_counts_alike",
    ),
    Mutant(
        "src/vidgan/metrics/rate.py",
        "count * height * width",
        "height * width",
        f"{_BITS}test_bits_per_pixel_are_those_of_all_frames_over_their_pixels",
    ),
    Mutant(
        "src/vidgan/tasks/artifact_removal/task.py",
        'if self.training and "coded" in clip.conditions',
        'if "coded" in clip.conditions',
        f"{_CODED}test_a_coded_clip_of_the_data_counts_in_training_alone",
    ),
    Mutant(
        "src/vidgan/ops/quality_map.py",
        "device=frames.device) / COARSEST",
        "device=frames.device) / 63",
        f"{_CODED}test_the_plane_is_the_rate_factor_over_51_for_those_that_ask",
    ),
    # The iteration
    Mutant(_ADVERSARIAL, "self.manual_backward(loss / len(parts))", "self.manual_backward(loss)", _CHUNKS),
    Mutant(_ADVERSARIAL, "self.manual_backward(loss / len(steps))", "self.manual_backward(loss)", _CHUNKS),
    Mutant(
        _ADVERSARIAL, "state = detached(step.output.state)", "state = step.output.state", "engine/test_truncation.py"
    ),
    Mutant(_ADVERSARIAL, "total = total + term.weight * value", "total = total + value", _BY_HAND),
    Mutant(
        _ADVERSARIAL,
        "if move.schedule is not None and move.player.active(iteration):",
        "if move.schedule is not None:",
        "engine/test_adversarial.py::test_a_schedule_goes_with_its_players_interval",
    ),
    Mutant(
        _ADVERSARIAL,
        "move.player.judge == term.discriminator and iteration < move.player.start",
        "move.player.judge == term.discriminator",
        "engine/test_adversarial.py::test_a_discriminator_that_has_stopped_is_still_heard",
    ),
    Mutant(_PLAYERS, "(iteration - self.start) % self.every == 0", "iteration % self.every == 0", _LAZY),
    Mutant(
        _STEP,
        "GeneratorOutput(self.fake.detach(), **detached(self.named))",
        "GeneratorOutput(self.fake, **detached(self.named))",
        _BY_HAND,
    ),
    # The gate
    Mutant(_ADVERSARIAL, "if not move.balance.update(sides):", "if not move.balance.update(sides[:1]):", _CHUNKS),
    Mutant(
        _HEALTH,
        "self.value = self.decay * self.value + (1 - self.decay) * lead",
        "self.value = lead",
        "engine/test_accumulation.py::test_the_gate_averages_by_hand",
    ),
    Mutant(_MOVES, 'self.balance.value = state["balance"]', "pass", _RESUMED),
    # Penalties
    Mutant(_ADVERSARIAL, "penalty.weight * penalty.every * value", "penalty.weight * value", _LAZY),
    Mutant(_MOVES, "return self.steps % penalty.every == 0", "return True", _LAZY),
    Mutant(_MOVES, 'state["steps"], state["begun"]', '0, state["begun"]', _RESUMED),
    Mutant("src/vidgan/losses/penalties.py", "(slopes - 1).square()", "slopes.square()", "losses/test_penalties.py"),
    # The namespace
    Mutant(_STEP, "**named_in(clip), **given, **self.output.named", "**named_in(clip), **self.output.named", _GIVEN),
    Mutant(_CONSISTENCY, "asked.refuse_absent(step.namespace, key)", "pass", _ASKED),
    Mutant("src/vidgan/protocols/tally.py", "math.nan if lacking else", "0.0 if lacking else", _LACKING),
    Mutant("src/vidgan/protocols/tally.py", "if not metric.asked.absent(seen_by_it):", "if True:", _CASES),
    Mutant("src/vidgan/engine/scoring.py", "protocol.case = case", "pass", _LEVELS),
    Mutant("src/vidgan/tasks/restoration.py", "whole = any(", "whole = all(", _WHOLE),
    Mutant("src/vidgan/engine/scoring.py", "or (value.ndim == 1 and not made)", "", _TOLD),
    Mutant("src/vidgan/protocols/tally.py", "if more and value.ndim else value", "if more else value", _TOLD),
    Mutant("src/vidgan/engine/scoring.py", "clip if case is None else case.applied(clip)", "clip", _CASES),
    # Updates
    Mutant(
        _MOVES,
        "clip_gradients(self.parameters, self.norm, self.player.clip)",
        "pass",
        "engine/test_adversarial.py::test_clipping_acts_on_true_gradients_under_a_scaler",
    ),
    Mutant(
        "src/vidgan/engine/optimization.py",
        "scaler.update = lambda: None",
        "scaler.update = scaler.update",
        "engine/test_adversarial.py::test_players_of_one_backward_pass_share_its_scale",
    ),
    Mutant(_ADVERSARIAL, "finite if scaled else finite & torch.isfinite(move.measure())", "finite", _NOT_FINITE),
    Mutant(_ADVERSARIAL, "not scaled or agreed(torch.isfinite(move.norm))", "True", _NOT_FINITE),
    Mutant(_HEALTH, "self._in_a_row[player] = 0", "pass", "engine/test_divergence.py::test_in_a_row_means_in_a_row"),
    Mutant(
        _HEALTH,
        'self.refused, self._in_a_row = dict(state["refused"]), dict(state["in_a_row"])',
        "pass",
        "engine/test_divergence.py::test_the_count_goes_on_after_a_resume",
    ),
    Mutant(
        _DIAGNOSIS,
        "if refused > move.steps:",
        "if refused > 2 * move.steps + 1:",
        "engine/test_divergence.py::test_a_training_that_left_out_most_of_its_updates_is_refused",
    ),
    Mutant(
        _DIAGNOSIS,
        "if 2 * len(lost) > len(scores):",
        "if lost:",
        "engine/test_divergence.py::test_scores_that_are_mostly_not_numbers_are_refused",
    ),
    Mutant(
        _ADVERSARIAL,
        "if self.nonfinite.total > refused:",
        "if False:",
        "engine/test_divergence.py::test_running_statistics_do_not_remember_a_batch_that_was_left_out",
    ),
    Mutant(
        _ADVERSARIAL,
        "iteration < move.player.start",
        "not move.player.active(iteration)",
        "engine/test_adversarial.py::test_a_discriminator_that_has_stopped_is_still_heard",
    ),
    # The average
    Mutant(
        "src/vidgan/engine/ema.py",
        "return min(decay, (1 + updates) / (10 + updates))",
        "return decay",
        "engine/test_ema.py::test_a_short_training_delivers_what_it_trained",
    ),
    Mutant(
        "src/vidgan/engine/ema.py",
        "1 - warmed_up(self.decay, since)",
        "warmed_up(self.decay, since)",
        "engine/test_ema.py::test_an_average_by_hand",
    ),
    Mutant(
        _ADVERSARIAL,
        "name: iteration - move.begun for",
        "name: iteration for",
        "engine/test_ema.py::test_a_part_that_starts_late_does_not_remember_what_it_began_with",
    ),
    # The panel
    Mutant(_HEALTH, "self._counts[name] = self._counts.get(name, 0) + 1", "self._counts[name] = 1", _CHUNKS),
    Mutant(_LOSSES, "threshold = 0.5", "threshold = 0.0", "losses/test_adversarial.py"),
    Mutant(
        "src/vidgan/engine/loss_terms.py",
        'row[f"loss/{player}"] / generators',
        'generators / row[f"loss/{player}"]',
        "engine/test_panel.py::test_the_ratio_of_the_losses_by_hand",
    ),
    # Losses, compilation, devices
    Mutant(_LOSSES, "F.relu(1 + fake_logits)", "F.relu(fake_logits)", "losses/test_adversarial.py::test_hinge"),
    Mutant(
        "src/vidgan/engine/compilation.py",
        "setattr(network, method, torch.compile(getattr(network, method)))",
        "pass",
        "engine/test_compilation.py::test_the_method_that_training_calls_is_compiled",
    ),
    Mutant(
        "src/vidgan/engine/parallel.py",
        "refuse_batch_norm_apart(module.networks, self.world_size)",
        "pass",
        "engine/test_parallel.py::test_batch_statistics_of_each_rank_are_refused",
    ),
    # Recipes
    Mutant(f"{_RECIPES}/basicvsr.yaml", "lr: 2.5e-5", "lr: 2.6e-5", f"{_GOLDEN}[super_resolution/basicvsr]"),
    Mutant(f"{_RECIPES}/tecogan.yaml", "weight: 0.02", "weight: 0.021", f"{_GOLDEN}[super_resolution/tecogan]"),
    Mutant("conf/players/generator.yaml", "[0.9, 0.99]", "[0.9, 0.999]", f"{_GOLDEN}[super_resolution/quickstart]"),
    # Clips that are aligned
    Mutant(f"{_DATA}/datasets.py", "return math.lcm(*source.scales.values())", "return 1", _IN_STEP),
    Mutant(f"{_DATA}/datasets.py", "box.shrunk(source.scales[other_name])", "box", _IN_STEP),
    Mutant(f"{_DATA}/augmentation.py", "return self._transform(0)", "return self._transform(self.color)", _OF_MAPS),
    Mutant(f"{_DATA}/clip.py", "if name in self.aligned}", "}", _WINDOW),
    Mutant(
        f"{_DATA}/derived.py",
        "return self.source.read(self.start + start, count, box)",
        "return self.source.read(start, count, box)",
        _EXCERPT,
    ),
    # Frames at other times
    Mutant(_RETIMING, "or passed <= self._blur else", "or passed <= 0 else", _WHOLE),
    Mutant(
        _RETIMING,
        "if tick is not None and 4 * tick <= 1 / fps else",
        "if tick is not None else",
        "inference/test_retiming.py::test_ticks_as_long_as_frames_are_exact",
    ),
    Mutant(
        _RETIMING,
        "while parts < 8 * frames:",
        "while parts < 4 * frames:",
        "inference/test_retiming.py::test_halves_are_near_enough",
    ),
    Mutant(
        _RETIMING,
        "if is_still or len(held) >",
        "if len(held) >",
        "inference/test_retiming.py::test_motion_starts_anew_after_a_still",
    ),
    Mutant(
        _RETIMING,
        "held, model, is_still = [item], small, False",
        "held, model = [item], small",
        "inference/test_retiming.py::test_motion_starts_anew_after_a_still",
    ),
    Mutant(
        _RETIMING,
        "if is_repeat(model, small):",
        "if is_repeat(before, small):",
        "inference/test_retiming.py::test_slow_motion_does_not_pass_for_a_still",
    ),
    Mutant(
        "src/vidgan/generators/mocogan.py",
        "state = self.recurrent(moved, state)",
        "state = self.recurrent(moved, beginning)",
        "generators/test_mocogan.py::test_noise_in_parts_is_the_noise_of_the_whole_and_streaming_goes_on",
    ),
    Mutant(
        "src/vidgan/losses/classified.py",
        "return loss + self.weight * _cross_entropy(real_logits, label)",
        "return loss + self.weight * _cross_entropy(fake_logits, label)",
        "generators/test_mocogan.py::test_the_classified_loss_by_hand",
    ),
    Mutant(
        "src/vidgan/data/compared.py",
        "frames=self.reference(number).frames,",
        "frames=clip.frames,",
        "data/shapes/test_moving.py::test_what_is_scored_is_compared_with_training_clips_and_controlled_by_others",
    ),
    Mutant(
        "src/vidgan/ops/homography.py",
        "sine / aspect, zero, -sine * aspect",
        "sine * aspect, zero, -sine / aspect",
        "ops/test_homography.py::test_a_turn_keeps_angles_in_pixels_whatever_the_aspect",
    ),
    Mutant(
        "src/vidgan/ops/patch_match.py",
        "moved[axis] += step",
        "moved[axis] -= step",
        "ops/test_patch_nn.py::test_a_piece_of_a_video_is_found_in_it",
    ),
    Mutant(
        "src/vidgan/tasks/single_video/geometry.py",
        "eased = (3 - 2 * time) * time.square()",
        "eased = time",
        f"{_ANEW}test_one_warp_a_clip_that_is_smooth_in_time_and_begins_and_ends_at_rest",
    ),
    Mutant(
        "src/vidgan/tasks/single_video/task.py",
        "min(1.0, (1 + self.iteration) / self.curriculum)",
        "min(1.0, self.iteration / self.curriculum)",
        f"{_ANEW}test_all_players_learn_and_the_reach_grows",
    ),
    Mutant(
        "src/vidgan/generators/inpainter.py",
        "torch.where(low[:, :, 3:] > 0, filled",
        "torch.where(low[:, :, 3:] >= 0, filled",
        "tasks/inpainting/test_task.py::test_holes_are_empty_and_all_else_is_as_it_was",
    ),
    Mutant(
        "src/vidgan/inference/holes.py",
        "return mask.max(-1) > 127",
        "return mask.max(-1) < 128",
        "tasks/inpainting/test_use.py::test_only_what_is_marked_is_touched",
    ),
    Mutant(
        "src/vidgan/inference/holes.py",
        "if masks.count != given.count:",
        "if masks.count < given.count - 1:",
        "tasks/inpainting/test_use.py::test_a_wrong_mask_is_one_sentence_and_nothing_is_written",
    ),
    Mutant(
        "src/vidgan/ops/propagation.py",
        "torch.where(sees > known[:, now], came, guide[:, now])",
        "torch.where(sees > 0, came, guide[:, now])",
        "ops/test_propagation.py::test_content_comes_from_where_it_was_seen",
    ),
    Mutant(
        "src/vidgan/ops/propagation.py",
        "_THICK, _NEAR = 4, 12",
        "_THICK, _NEAR = 4, 0",
        "ops/test_propagation.py::test_a_large_hole_that_moves_leaves_the_motion_around_it",
    ),
    Mutant(
        "src/vidgan/losses/pixel.py",
        "return differences.sum() / (fake.shape[2]",
        "return differences.sum() / (1",
        "losses/test_pixel.py::test_holes_count_by_their_size",
    ),
    Mutant(
        f"{_DATA}/mixing.py",
        "part.start * scale, part.stop * scale",
        "part.start, part.stop",
        "data/test_mixing.py::test_a_box_lies_at_the_same_place_in_all_that_is_aligned",
    ),
    Mutant(
        f"{_DATA}/datasets.py",
        "partner = -1 - sample",
        "partner = sample",
        "data/test_mixing.py::test_of_one_clip_two_windows_are_mixed",
    ),
    Mutant(
        f"{_DATA}/augmentation.py",
        "frames = frames[::-1]",
        "frames = frames[::-1] if picture else frames",
        "data/test_augmentation.py::test_half_of_the_samples_run_backwards_frames_and_maps_alike",
    ),
    Mutant(
        "src/vidgan/degradations/chain.py",
        'uniform(seeds, "pool"), bounds / bounds[-1]',
        'uniform(seeds, "pool"), bounds',
        "degradations/test_random.py::test_a_pool_takes_each_kind_as_often_as_it_weighs",
    ),
    Mutant(
        "src/vidgan/schedules/warm_up.py",
        'group["lr"] = rate',
        "pass",
        "schedules/test_schedules.py::test_after_a_warm_up_any_schedule_goes_on_as_without",
    ),
    Mutant(
        "src/vidgan/schedules/warm_up.py",
        'self.schedule.load_state_dict(state_dict["schedule"])',
        "pass",
        "schedules/test_schedules.py::test_a_resume_goes_on_with_the_same_rates_and_weights",
    ),
    Mutant(
        "src/vidgan/losses/frequency.py",
        "squares.detach().pow",
        "squares.pow",
        "losses/test_frequency.py::test_weights_carry_no_gradient",
    ),
    Mutant(
        _ADVERSARIAL,
        "(self._by_average or not self.training)",
        "not self.training",
        "engine/test_averaged.py::test_a_loss_is_given_what_the_moving_average_makes",
    ),
    Mutant(
        "src/vidgan/losses/teaching.py",
        "taught_flow.detach()",
        "taught_flow",
        "losses/test_teaching.py::test_the_teacher_does_not_learn_of_its_pupils",
    ),
    Mutant(
        "src/vidgan/generators/rife.py",
        "flow = last.flow + change",
        "flow = last.flow",
        "generators/test_interpolation.py::test_a_teacher_corrects_what_the_others_found",
    ),
    Mutant(
        "src/vidgan/losses/wavelet.py",
        "_split(low, -1, 2**level)",
        "_split(low, -1, 1)",
        "losses/test_wavelet.py::test_coefficients_are_those_of_pywavelets",
    ),
    Mutant(
        "src/vidgan/tasks/frame_interpolation/use.py",
        "in_step=pace.slow == 1,",
        "in_step=True,",
        f"{_USED}test_slow_goes_without_what_would_not_be_in_step",
    ),
    Mutant(
        "src/vidgan/tasks/frame_interpolation/use.py",
        "time_base=pace.time_base(begin),",
        "",
        f"{_USED}test_time_stamps_of_files",
    ),
    Mutant(
        "src/vidgan/inference/processing.py",
        "share = number * wanted // max(1, count)",
        "share = number",
        f"{_USED}test_progress_counts_what_is_made",
    ),
    # A filmed person
    Mutant(_SCENE, "self.unsteadiness <= _STEADY", "self.unsteadiness >= 0", "data/persons/test_scene.py"),
    Mutant(_SCENE, "(place + 0.5) / self.step - 0.5", "place / self.step", "data/persons/test_scene.py"),
    Mutant("src/vidgan/inference/stage.py", "if film.shows(", "if not film.shows(", "inference/test_stage.py"),
    Mutant(_RETARGET, "1.0, _OTHERWISE)", "1.0, 1.0)", "pose/test_retarget.py"),
    Mutant(_RETARGET, "moved[start] + longer", "longer", "pose/test_retarget.py"),
    # Coded video
    Mutant(
        "src/vidgan/tasks/learned_coding/files.py",
        "if header.model != hash_of(codec):",
        "if False:",
        "tasks/learned_coding/test_files.py::test_a_file_of_another_model_is_refused_and_never_decoded",
    ),
    Mutant(
        "src/vidgan/tasks/learned_coding/files.py",
        "before = None if packet.intra else memory",
        "before = memory",
        "tasks/learned_coding/test_files.py::test_frames_by_themselves_are_where_they_are_asked_for",
    ),
    Mutant(
        "src/vidgan/generators/entropy_models.py",
        "    module.tabulate()",
        "    pass",
        "generators/test_entropy_models.py::test_tables_are_brought_up_to_date_when_they_are_written",
    ),
    Mutant(
        "src/vidgan/generators/fixed_point.py",
        "return on_grid(F.leaky_relu(x, _SLOPE))",
        "return F.leaky_relu(x, _SLOPE)",
        "generators/test_fixed_point.py::test_every_layer_gives_multiples_of_the_step",
    ),
)


def _tested(copy: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    """The tests of ``copy``, until one fails; each process has a few seconds of imports to do."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *(f"tests/{test}" for test in tests)]
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)


def _survives(mutant: Mutant, copy: Path) -> bool:
    """
    Raises:
        SystemExit: the line is not there once, or the test did not run.
    """
    path = copy / mutant.file
    source = path.read_text()
    if source.count(mutant.line) != 1:
        sys.exit(f"{mutant.file} has '{mutant.line}' {source.count(mutant.line)} times; mend its mutant.")
    path.write_text(source.replace(mutant.line, mutant.instead))
    try:
        done = _tested(copy, [mutant.test])
    finally:
        path.write_text(source)
    if done.returncode not in (0, 1):  # pytest's for passed and for failed
        sys.exit(f"tests/{mutant.test} did not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def main(words: list[str]) -> int:
    mutants = [mutant for mutant in MUTANTS if all(word in mutant.file + mutant.line for word in words)]
    if not mutants:
        sys.exit(f"No mutant's file and line have the words {' '.join(words)}.")
    table = Table("file", "instead of", "there is", "killed by", title=f"{len(mutants)} mutants")
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in _COPIED:
            shutil.copytree(ROOT / name, copy / name)
        for name in _LINKED:
            (copy / name).symlink_to(ROOT / name)
        whole = _tested(copy, sorted({mutant.test for mutant in mutants}))
        if whole.returncode:
            sys.exit(f"The tests fail without a mutant:\n{whole.stdout}")
        for mutant in mutants:
            survives = _survives(mutant, copy)
            survivors += survives
            told = f"[red]SURVIVES[/red] {escape(mutant.test)}" if survives else escape(mutant.test)
            print(f"{'SURVIVES' if survives else 'killed'}: {mutant.file}: {mutant.instead}", flush=True)
            table.add_row(mutant.file, escape(mutant.line), escape(mutant.instead), told)
    Console(width=200).print(table)
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
