"""The same comparison in W&B: a report, and a saved workspace with the panels that tell the variants apart."""

from importlib.util import find_spec
from typing import Any

from vidgan.comparison import tables
from vidgan.comparison.analysis import Comparison
from vidgan.errors import UserError
from vidgan.tracking.wandb_service import connect, start_service

_LOSSES = 6  # most curves of losses


def publish(comparison: Comparison) -> dict[str, str]:
    """Saves report and workspace.

    Returns:
        Their addresses.

    Raises:
        UserError: there is no wandb-workspaces, no key or no one project, or the server refuses.
    """
    if find_spec("wandb_workspaces") is None:
        raise UserError("wandb=true needs wandb-workspaces; install it with: pip install 'vidgan[report]'.")
    import wandb

    try:
        start_service()
        if not wandb.login(prompt=False):
            raise UserError("wandb=true: there is no W&B key on this machine; run `wandb login` or set WANDB_API_KEY.")
        entity, project = _one_project(comparison)
        entity = entity or str(connect().default_entity)
        report = build_report(comparison, entity, project)
        report.save()
        return {"report": report.url, "workspace": build_workspace(comparison, entity, project).save().url}
    except UserError:
        raise
    except Exception as error:  # whatever server, network or the client's own checks raise
        raise UserError(
            f"wandb=true: W&B did not take the report ({str(error).splitlines()[0]}); the files are written all the "
            f"same, check `wandb login` and the project."
        ) from error


def _one_project(comparison: Comparison) -> tuple[str, str]:
    """Entity, empty where it is the key's own, and project of all runs."""
    projects = sorted({run.project or "" for variant in comparison.variants for run in variant.runs})
    if len(projects) > 1 or not projects[0]:
        raise UserError(
            f"wandb=true: a report has one project, and the runs are in {', '.join(projects) or 'none'}; compare runs "
            f"that were tracked in one."
        )
    entity, _, project = projects[0].rpartition("/")
    return entity, project


def _ids(comparison: Comparison) -> list[str]:
    return [run.id for variant in comparison.variants for run in variant.runs]


def _logged(comparison: Comparison, prefix: str) -> list[str]:
    return sorted({n for v in comparison.variants for run in v.runs for n in run.curves if n.startswith(prefix)})


def _panels(comparison: Comparison) -> dict[str, list[Any]]:
    """Panels by the heading they stand under."""
    import wandb_workspaces.reports.v2 as wr

    axes = [wr.Config(axis.key) for axis in comparison.axes]
    by_variant: dict[str, Any] = {"groupby": axes[0] if len(axes) == 1 else "Group"}
    scores = [f"test/{metric}" for metric in comparison.metrics]
    columns: list[Any] = [*axes, *map(wr.SummaryMetric, scores)]
    spread: dict[str, Any] = {"groupby_aggfunc": "mean", "groupby_rangefunc": "stddev"}
    curves = [*_logged(comparison, "val/"), *_logged(comparison, "loss/")[:_LOSSES]]
    return {
        "Test scores": [
            *(wr.BarPlot(title=score, metrics=[score], **by_variant, **spread) for score in scores),
            wr.ParallelCoordinatesPlot(columns=[wr.ParallelCoordinatesPlotColumn(metric=c) for c in columns]),
            wr.ScatterPlot(
                title=f"{scores[0]} against seconds", x=wr.SummaryMetric("_runtime"), y=wr.SummaryMetric(scores[0])
            ),
        ],
        "Training": [wr.LinePlot(title=name, x="iteration", y=[name], **by_variant, **spread) for name in curves],
        "Samples": [
            wr.MediaBrowser(title="samples", media_keys=["samples/picture"], num_columns=len(comparison.variants)),
            wr.MediaBrowser(title="test clip", media_keys=["comparison/video"], num_columns=len(comparison.variants)),
        ],
        "Configuration": [wr.RunComparer(diff_only="split")],
    }


def build_report(comparison: Comparison, entity: str, project: str) -> Any:
    """A ``wandb_workspaces`` report: our tables as text, W&B's panels of the same runs below."""
    import wandb_workspaces.expr as expr
    import wandb_workspaces.reports.v2 as wr

    runs = wr.Runset(
        entity=entity, project=project, name="compared runs", filters=[expr.Metric("ID").isin(_ids(comparison))]
    )
    blocks: list[Any] = [wr.H1("Summary"), wr.MarkdownBlock(tables.markdown(tables.summary_grid(comparison)))]
    blocks += [wr.H1("Cost"), wr.MarkdownBlock(tables.markdown(tables.cost_grid(comparison)))]
    if comparison.differences:
        blocks += [
            wr.H1(f"Differences to {comparison.reference}"),
            wr.MarkdownBlock(tables.markdown(tables.differences_grid(comparison))),
            wr.P(tables.SCHEME),
        ]
    if comparison.axes:
        blocks += [wr.H1("What differs"), wr.MarkdownBlock(tables.markdown(tables.axes_grid(comparison)))]
    for heading, panels in _panels(comparison).items():
        blocks += [wr.H1(heading), wr.PanelGrid(runsets=[runs], panels=panels)]
    return wr.Report(
        entity=entity,
        project=project,
        title=comparison.title,
        description="vidgan-compare",
        blocks=blocks,
        width="fluid",
    )


def build_workspace(comparison: Comparison, entity: str, project: str) -> Any:
    """A ``wandb_workspaces`` workspace: the runs grouped by the axes, the panels in sections."""
    import wandb_workspaces.workspaces as ws

    return ws.Workspace(
        entity=entity,
        project=project,
        name=comparison.title,
        sections=[
            ws.Section(name=heading, panels=panels, is_open=True) for heading, panels in _panels(comparison).items()
        ],
        settings=ws.WorkspaceSettings(x_axis="iteration"),
        runset_settings=ws.RunsetSettings(
            filters=[ws.Metric("ID").isin(_ids(comparison))],
            groupby=[ws.Config(axis.key) for axis in comparison.axes],
            pinned_columns=["run:displayName", *(f"summary:test/{metric}" for metric in comparison.metrics)],
        ),
    )
