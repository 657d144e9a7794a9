"""Uploading later: what the server has is compared with what was logged."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fake_wandb import FakeWandb
from tests.tracking.conftest import HASTY_END
from tests.tracking.tracked_training import ALL, LIMIT, MIDDLE, Training, finish, iterations, synced, wait_for_rows


def test_sync_uploads_verifies_and_remembers(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb
) -> None:
    given = config("tracking.upload_weights=true")
    first = Training(tmp_path, given)
    first.reach_middle()
    wait_for_rows(tmp_path, MIDDLE + 1)  # and that of the samples
    first.kill()
    assert finish(Training(tmp_path, given, start=4)) == 0
    server.lost_iterations = {7}
    assert synced(tmp_path, server)[0].startswith("quickstart: synced 14 rows, missing 1 rows")
    server.lost_iterations = set()
    assert synced(tmp_path, server)[0] == "quickstart: synced 15 rows."
    run = server.runs["lab/vidgan/quickstart"]
    assert sorted(iterations(run.history)) == sorted([*ALL, 4, 5])  # nothing twice for having been sent twice
    asked = len(server.asked)
    assert synced(tmp_path, server)[0] == "quickstart: synced 15 rows before."
    assert len(server.asked) == asked


def test_sync_recovers_what_an_online_run_could_not_send(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb
) -> None:
    training = Training(tmp_path, config("tracking=online", HASTY_END), environment=server.environment)
    assert finish(training, lambda: server.fail("file_stream", status=400)) == 0
    assert "missing 12 rows" in synced(tmp_path, server)[0]
    server.failures.clear()
    assert synced(tmp_path, server)[0] == "quickstart: synced 12 rows."
    assert iterations(server.runs["lab/vidgan/quickstart"].history) == ALL


def test_sync_says_what_is_missing(tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb) -> None:
    assert finish(Training(tmp_path, config())) == 0
    assert synced(tmp_path, server, WANDB_API_KEY="")[1].startswith("W&B has no key on this machine; run `wandb login`")
    assert synced(tmp_path, server, WANDB_API_KEY="f" * 40)[1].startswith("W&B did not let us in")
    server.fail("CreateRunFiles", status=403)
    assert "and 4 files or artifacts" in synced(tmp_path, server)[0]


def test_an_upload_that_never_ends_is_given_up(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb
) -> None:
    assert finish(Training(tmp_path, config())) == 0
    server.fail("UpsertBucket", status=500)  # W&B tries such an answer again for hours
    assert "the server did not take it in 3 s" in synced(tmp_path, server, patience=3)[0]


def test_sync_says_that_the_process_of_wandb_cannot_start(
    tmp_path: Path, config: Callable[..., dict[str, Any]], server: FakeWandb
) -> None:
    """W&B itself would wait for its own lock for ever, to tell its makers of it."""
    assert finish(Training(tmp_path, config())) == 0
    (tmp_path / "wandb-core").write_text("no program")
    code = (
        "from wandb.sdk.lib.service import service_process\n"
        "service_process.get_core_path = lambda: './wandb-core'\n"
        "from tests.tracking.tracked_training import *\n"
        "sync([run_folder(Path.cwd())])"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **server.environment, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, check=False, timeout=LIMIT, capture_output=True, text=True
    )
    assert "UserError: W&B's own process cannot start on this machine (" in ended.stderr
    assert not server.asked
