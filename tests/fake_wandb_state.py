"""What the fake W&B server keeps, and its answers: a method ``answer_<operation>`` for each GraphQL operation."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]


@dataclass
class FakeRun:
    entity: str
    project: str
    name: str
    told: Json = field(default_factory=dict)  # displayName, groupName, jobType, tags, ... as the client gave them
    config: Json = field(default_factory=dict)
    summary: Json = field(default_factory=dict)
    lines: dict[str, dict[int, str]] = field(default_factory=dict)  # of history, events and console, by line number
    files: dict[str, int] = field(default_factory=dict)
    state: str = "running"
    exit_code: int | None = None
    preempting: bool = False

    @property
    def history(self) -> list[Json]:
        """Rows by step: a step that was sent again replaces the one before."""
        rows = [json.loads(line) for _, line in sorted(self.lines.get("wandb-history.jsonl", {}).items())]
        return [row for _, row in sorted({row["_step"]: row for row in rows}.items())]


class FakeState:
    """Runs, artifacts and uploaded files; ``url`` is the server's."""

    entity = "lab"
    url: str

    def __init__(self) -> None:
        self.runs: dict[str, FakeRun] = {}
        self.artifacts: dict[str, Json] = {}
        self.blobs: dict[str, bytes] = {}
        self.lost_iterations: set[int] = set()

    def graphql(self, operation: str, variables: Json) -> Json:
        name = "answer_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
        resolver: Callable[[Json], Json] | None = getattr(self, name, None)
        if resolver is None:
            return {"errors": [{"message": f"the fake server does not know {operation}"}]}
        return {"data": resolver(variables)}

    def store(self, method: str, key: str, body: bytes) -> tuple[int, Json | bytes]:
        if method != "PUT":
            return (200, self.blobs[key]) if key in self.blobs else (404, {})
        self.blobs[key] = body
        kind, *where = key.split("/", 4)
        if kind == "run":
            self.run(*where[:3]).files[where[3]] = len(body)
        return 200, {}

    def run(self, entity: str | None, project: str, name: str) -> FakeRun:
        entity = entity or self.entity
        return self.runs.setdefault(f"{entity}/{project}/{name}", FakeRun(entity, project, name))

    def stream(self, run: FakeRun, sent: Json) -> Json:
        for name, part in (sent.get("files") or {}).items():
            if name == "wandb-summary.json":
                run.summary = json.loads(part["content"][-1])
                continue
            for number, line in enumerate(part["content"], part["offset"]):
                if name != "wandb-history.jsonl" or json.loads(line).get("iteration") not in self.lost_iterations:
                    run.lines.setdefault(name, {})[number] = line
        run.preempting |= bool(sent.get("preempting"))
        if sent.get("complete"):
            run.exit_code = sent.get("exitcode")
            run.state = "finished" if run.exit_code == 0 else "preempted" if run.preempting else "failed"
        return {}

    # Runs

    def answer_viewer(self, _: Json) -> Json:
        viewer = {"id": "V", "entity": self.entity, "username": "tester", "name": "tester", "email": "t@localhost"}
        more = {"admin": False, "flags": "{}", "deletedAt": None, "teams": {"edges": []}, "apiKeys": {"edges": []}}
        return {"viewer": viewer | more}

    answer_get_viewer = answer_get_default_entity = answer_viewer

    def answer_server_features_query(self, _: Json) -> Json:
        return {"serverInfo": {"features": []}}

    def answer_upsert_bucket(self, given: Json) -> Json:
        key = f"{given.get('entity') or self.entity}/{given.get('project')}/{given['name']}"
        inserted = key not in self.runs
        run = self.run(given.get("entity"), given.get("project") or "uncategorized", given["name"])
        run.told |= {name: value for name, value in given.items() if value is not None}
        if given.get("config"):
            run.config = json.loads(given["config"])
        run.state = "running"
        return {"upsertBucket": {"bucket": self._bucket(run), "inserted": inserted}}

    def answer_run_resume_status(self, given: Json) -> Json:
        run = self.runs.get(f"{given.get('entity') or self.entity}/{given.get('project')}/{given['name']}")
        project = self._project(given.get("entity"), given.get("project"))
        return {"model": {**project, "bucket": self._bucket(run) if run else None}}

    def answer_create_run_files(self, given: Json) -> Json:
        run = self.run(given["entity"], given["project"], given["run"])
        files = [{"name": name, "uploadUrl": self._file_url(run, name)} for name in given["files"]]
        return {"createRunFiles": {"runID": run.name, "uploadHeaders": [], "files": files}}

    def _file_url(self, run: FakeRun, name: str) -> str:
        return f"{self.url}/storage/run/{run.entity}/{run.project}/{run.name}/{quote(name)}"

    def _project(self, entity: str | None, name: str | None) -> Json:
        entity = entity or self.entity
        return {"id": name, "internalId": name, "name": name, "entity": {"id": entity, "name": entity}}

    def _bucket(self, run: FakeRun) -> Json:
        """A run as the server describes it."""
        counts = {
            f"{kind}LineCount": len(run.lines.get(file, {}))
            for kind, file in (
                ("history", "wandb-history.jsonl"),
                ("events", "wandb-events.jsonl"),
                ("log", "output.log"),
            )
        }
        tails = {"historyTail": json.dumps([json.dumps(row) for row in run.history[-1:]]), "eventsTail": "[]"}
        last = max((row["_step"] for row in run.history), default=0)
        return {
            "id": f"{run.entity}/{run.project}/{run.name}",
            "internalId": run.name,
            "name": run.name,
            "displayName": run.told.get("displayName"),
            "tags": run.told.get("tags", []),
            "group": run.told.get("groupName"),
            "jobType": run.told.get("jobType"),
            "sweepName": run.told.get("sweep"),
            "state": run.state,
            "config": json.dumps(run.config),
            "summaryMetrics": json.dumps(run.summary),
            "systemMetrics": "{}",
            "wandbConfig": json.dumps({"t": 1}),
            "project": self._project(run.entity, run.project),
            "user": {"id": "V", "name": "tester", "username": "tester"},
            "createdAt": "2026-01-01T00:00:00Z",
            "historyKeys": {"lastStep": last, "keys": {}},
            "files": {"edges": [], "pageInfo": {"endCursor": None, "hasNextPage": False}},
            **counts,
            **tails,
        }

    # What wandb.Api reads

    def _found(self, given: Json) -> FakeRun | None:
        name = given.get("run") or given.get("runName") or given.get("name")
        return self.runs.get(f"{given.get('entity') or self.entity}/{given['project']}/{name}")

    def answer_run(self, given: Json) -> Json:
        run = self._found(given)
        return {"project": {**self._project(given.get("entity"), given["project"]), "run": run and self._bucket(run)}}

    answer_light_run = answer_full_run = answer_run_history_keys = answer_run

    def _rows(self, given: Json) -> list[Json]:
        run = self._found(given)
        low, high = given.get("minStep", 0), given.get("maxStep", 1 << 60)
        return [row for row in (run.history if run else []) if low <= row["_step"] < high]

    def answer_run_parquet_history(self, given: Json) -> Json:
        return {"project": {"run": {"parquetHistory": {"parquetUrls": [], "liveData": self._rows(given)}}}}

    def answer_sampled_history_page(self, given: Json) -> Json:
        keys = json.loads(given["spec"])["keys"]
        rows = [row for row in self._rows(given) if all(key in row for key in keys)]
        return {"project": {"run": {"sampledHistory": [rows]}}}

    def answer_run_files(self, given: Json) -> Json:
        run = self._found(given)
        files = run.files if run else {}
        empty = {"url": "", "directUrl": "", "mimetype": "", "updatedAt": "", "md5": ""}
        edges = [
            {"node": {"id": name, "name": name, "sizeBytes": size, **empty}, "cursor": name}
            for name, size in files.items()
        ]
        page = {"endCursor": None, "hasNextPage": False}
        return {
            "project": {
                "internalId": "P",
                "run": {"fileCount": len(files), "files": {"edges": edges, "pageInfo": page}},
            }
        }

    def answer_artifact_membership_by_name(self, given: Json) -> Json:
        name, _, alias = given["name"].partition(":")
        for number, artifact in self.artifacts.items():
            if artifact["name"] == name and alias in artifact["aliases"] and artifact["state"] == "COMMITTED":
                return {"project": {"artifactCollectionMembership": self._membership(number, artifact, given)}}
        return {"project": {"artifactCollectionMembership": None}}

    def _membership(self, number: str, artifact: Json, given: Json) -> Json:
        collection = {
            "__typename": "ArtifactSequence",
            "id": artifact["name"],
            "name": artifact["name"],
            "project": self._project(given.get("entity"), given["project"]),
        }
        described = {
            "__typename": "Artifact",
            "id": number,
            "artifactSequence": collection,
            "versionIndex": 0,
            "artifactType": {"name": artifact["type"]},
            "description": None,
            "metadata": "{}",
            "ttlDurationSeconds": 0,
            "ttlIsInherited": False,
            "tags": [],
            "historyStep": None,
            "state": artifact["state"],
            "size": 0,
            "digest": artifact["digest"],
            "commitHash": number,
            "fileCount": len(artifact["files"]),
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": None,
            "aliases": [],
        }
        return {
            "__typename": "ArtifactCollectionMembership",
            "id": number,
            "versionIndex": 0,
            "createdAt": "2026-01-01T00:00:00Z",
            "aliases": [],
            "artifactCollection": collection,
            "artifact": described,
        }

    # Artifacts

    def answer_create_artifact(self, given: Json) -> Json:
        wanted, number = given["input"], f"A{len(self.artifacts) + 1}"
        self.artifacts[number] = {
            "name": wanted["artifactCollectionName"] if "artifactCollectionName" in wanted else wanted["name"],
            "type": wanted["artifactTypeName"],
            "digest": wanted["digest"],
            "aliases": [alias["alias"] for alias in wanted["aliases"]],
            "state": "PENDING",
            "files": {},
        }
        created = {"id": number, "state": "PENDING", "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": created}}

    def _manifest(self, verb: str, number: str) -> Json:
        file = {"id": number, "uploadUrl": f"{self.url}/storage/manifest/{number}", "uploadHeaders": []}
        return {f"{verb}ArtifactManifest": {"artifactManifest": {"id": f"M:{number}", "file": file}}}

    def answer_create_artifact_manifest(self, given: Json) -> Json:
        return self._manifest("create", given["artifactID"])

    def answer_update_artifact_manifest(self, given: Json) -> Json:
        return self._manifest("update", given["artifactManifestID"].removeprefix("M:"))

    def answer_create_artifact_files(self, given: Json) -> Json:
        edges = []
        for file in given["input"]["artifactFiles"]:
            number, name = file["artifactID"], file["name"]
            key = self.artifacts[number]["files"][name] = f"artifact/{number}/{name}"
            upload = {"uploadUrl": f"{self.url}/storage/{key}", "uploadHeaders": [], "uploadMultipartUrls": None}
            edges.append({"node": {"storagePath": key, "artifact": {"id": number}, **upload}})
        return {"createArtifactFiles": {"files": {"edges": edges}}}

    def answer_commit_artifact(self, given: Json) -> Json:
        artifact = self.artifacts[given["artifactID"]]
        artifact["state"] = "COMMITTED"
        return {"commitArtifact": {"artifact": {"id": given["artifactID"], "digest": artifact["digest"]}}}
