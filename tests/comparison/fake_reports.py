"""The fake W&B server with what reports, workspaces and lists of runs ask for."""

import json

from tests.fake_wandb import FakeWandb
from tests.fake_wandb_state import Json


class FakeReports(FakeWandb):
    """Attributes:
    views: reports and workspaces that were saved, as the client sent them.
    """

    def __init__(self) -> None:
        self.views: list[Json] = []
        super().__init__()

    def answer_get_projects(self, given: Json) -> Json:
        return {"models": {"edges": [], "pageInfo": {"endCursor": None, "hasNextPage": False}}}

    def answer_create_project(self, given: Json) -> Json:
        return {"upsertModel": {"project": self._project(None, given["input"]["name"]), "inserted": True}}

    def answer_project_internal_id(self, given: Json) -> Json:
        return {"project": self._project(given["entityName"], given["projectName"])}

    def answer_upsert_view(self, given: Json) -> Json:
        self.views.append(given)
        view = {key: given.get(key) for key in ("name", "type", "displayName", "spec")}
        described = {**view, "id": f"view{len(self.views)}", "description": "", "user": None, "updatedAt": None}
        return {"upsertView": {"view": described, "inserted": True}}

    answer_upsert_view2 = answer_upsert_view

    def answer_runs(self, given: Json) -> Json:
        group = json.loads(given["filters"] or "{}").get("group")
        found = [
            run
            for run in self.runs.values()
            if (run.entity, run.project) == (given["entity"], given["project"])
            and group in (None, run.told.get("groupName"))
        ]
        edges = [{"node": self._bucket(run), "cursor": run.name} for run in found]
        page = {"endCursor": None, "hasNextPage": False}
        runs = {"totalCount": len(edges), "edges": edges, "pageInfo": page}
        return {"project": {**self._project(given["entity"], given["project"]), "runCount": len(edges), "runs": runs}}

    answer_light_runs = answer_get_runs = answer_runs

    def answer_history_page(self, given: Json) -> Json:
        return {"project": {"run": {"history": [json.dumps(row) for row in self._rows(given)]}}}

    def answer_run_files(self, given: Json) -> Json:
        answer = super().answer_run_files(given)
        run, page = self._found(given), answer["project"]["run"]["files"]
        page["edges"] = [
            edge for edge in page["edges"] if edge["node"]["name"] in (given.get("fileNames") or run.files)
        ]
        for edge in page["edges"]:
            edge["node"]["directUrl"] = edge["node"]["url"] = self._file_url(run, edge["node"]["name"])
        return answer
