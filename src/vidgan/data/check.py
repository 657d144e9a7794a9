"""What of a data set is there, and whether it can be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from vidgan.data.derived import files
from vidgan.data.sources import Size, Source
from vidgan.video.reader import BrokenFileError


@dataclass(frozen=True)
class Finding:
    """What was found of one clip.

    Attributes:
        size: its extent; None where it cannot be read.
        fault: what is wrong with it, one sentence.
        absent: whether it is not there at all.
        scales: how many times each clip that is aligned with it goes into it, by name.
    """

    size: Size | None = None
    fault: str | None = None
    absent: bool = False
    scales: Mapping[str, int] = field(default_factory=dict)


def examine(source: Source, quick: bool = False) -> Finding:
    """Looks at a clip and those aligned with it: opens them or, unless ``quick``, decodes every frame."""
    if missing := next((file.path for file in files(source) if not file.path.exists()), None):
        return Finding(fault=f"{missing}: is missing", absent=missing == source.path)
    try:
        size = source.size
        for file in [] if quick else files(source):
            for _ in file.stream():
                pass
    except (BrokenFileError, OSError) as error:
        return Finding(fault=str(error))
    return Finding(size, scales=source.scales)


@dataclass(frozen=True)
class SplitSummary:
    """The findings of a split, counted.

    Attributes:
        clips: that belong to it.
        whole: of them that can be read.
        absent: of them that are not there.
        frames: of the whole ones.
        sizes: (height, width) of the whole ones, each once, in ascending order.
    """

    clips: int
    whole: int
    absent: int
    frames: int
    sizes: list[tuple[int, int]]

    @property
    def verdict(self) -> str:
        if self.whole == self.clips:
            return "complete" if self.clips else "none published"
        return "not there" if self.absent == self.clips else "incomplete"


def summarized(findings: Sequence[Finding]) -> SplitSummary:
    sizes = [finding.size for finding in findings if finding.size]
    return SplitSummary(
        clips=len(findings),
        whole=len(sizes),
        absent=sum(finding.absent for finding in findings),
        frames=sum(size.frames for size in sizes),
        sizes=sorted({(size.height, size.width) for size in sizes}),
    )


def found_scales(findings: Iterable[Finding]) -> dict[str, list[int]]:
    """The scales of what is aligned with clips, by name, each once, in ascending order."""
    scales: dict[str, set[int]] = {}
    for name, scale in (pair for finding in findings for pair in finding.scales.items()):
        scales.setdefault(name, set()).add(scale)
    return {name: sorted(known) for name, known in scales.items()}


def usable(splits: Sequence[SplitSummary]) -> bool:
    """Whether some split is complete and none is in part: one that is not there at all may have been left out."""
    verdicts = {split.verdict for split in splits}
    return "complete" in verdicts and "incomplete" not in verdicts


def shown_sizes(sizes: Sequence[tuple[int, int]], most: int = 1) -> str:
    text = ", ".join(f"{width}x{height}" for height, width in sizes[:most])
    return f"{text} and {len(sizes) - most} more" if len(sizes) > most else text
