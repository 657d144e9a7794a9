"""What a wheel holds beside the packages: the experiments, and a note of the commit that it was built from."""

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelHook(BuildHookInterface):
    """Adds the configurations of ``experiments/``, and ``vidgan/commit.json``, which provenance records.

    No commit is noted where there is no repository, as in a source distribution.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            for file in sorted(Path(self.root, "experiments").rglob("*.yaml")):
                build_data["force_include"][str(file)] = f"vidgan/{file.relative_to(self.root).as_posix()}"
        commit, difference = self._git("rev-parse", "HEAD"), self._git("diff", "HEAD")
        if version == "editable" or commit is None:
            return
        dirty = hashlib.sha256(difference.encode()).hexdigest()[:16] if difference else None
        self._folder = tempfile.TemporaryDirectory()
        note = Path(self._folder.name) / "commit.json"
        note.write_text(json.dumps({"commit": commit.strip(), "uncommitted_changes": dirty}) + "\n")
        build_data["force_include"][str(note)] = "vidgan/commit.json"

    def _git(self, *arguments: str) -> str | None:
        if not (Path(self.root) / ".git").exists():
            return None
        answer = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True)
        return answer.stdout if answer.returncode == 0 else None
