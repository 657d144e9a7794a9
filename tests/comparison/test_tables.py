"""Tables that are read again, and text that LaTeX and Markdown would mistake."""

import csv
from io import StringIO

import pytest

from tests.comparison.conftest import Record, clips
from tests.comparison.test_analysis import WEIGHT, compared
from vidgan.comparison import tables
from vidgan.comparison.analysis import Comparison
from vidgan.comparison.statistics import Spread


@pytest.fixture
def comparison(recorded: Record) -> Comparison:
    return compared(
        recorded(f"{WEIGHT}=0.1", "seed=0", psnr=clips(30, 31.1, 33.3, 29, 35, 30)),
        recorded(f"{WEIGHT}=0.1", "seed=1", psnr=clips(31, 31.2, 33.4, 29, 36, 31)),
        recorded(f"{WEIGHT}=0.2", "seed=0", psnr=clips(29, 30.7, 31.1, 28, 34, 22), seconds=5.0),
    )


def test_csv_holds_the_figures_in_full(comparison: Comparison) -> None:
    rows = list(csv.DictReader(StringIO(tables.summary_csv(comparison))))
    for row, variant in zip(rows, comparison.variants, strict=True):
        score = variant.score("psnr")
        assert (row["variant"], float(row[WEIGHT])) == (variant.label, variant.values[WEIGHT])
        assert float(row["psnr"]) == score.mean
        assert row["psnr_std"] == ("" if score.std is None else repr(score.std))
    assert [row["pareto_psnr_parameters"] for row in rows] == ["1", "0"]
    assert [float(row["parameters"]) for row in rows] == [1000, 1000]
    (psnr, _) = list(csv.DictReader(StringIO(tables.differences_csv(comparison))))
    difference = comparison.differences["adversarial.weight=0.2", "psnr"]
    assert difference.interval is not None
    figures = (difference.mean, *difference.interval, difference.p, difference.p_holm)
    assert tuple(float(psnr[name]) for name in ("difference", "low", "high", "p", "p_holm")) == figures


def test_markdown_has_one_row_a_variant_and_baseline(comparison: Comparison) -> None:
    lines = tables.markdown(tables.summary_grid(comparison)).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["adversarial.weight", "seeds", "psnr ↑", "tof ↓"]
    assert cells[1] == [":--", "--:", "--:", "--:"]
    assert cells[2] == ["0.1", "2", "**31.67 ± 0.38**", "0.3167 ± 0.0038"]
    assert cells[3] == ["0.2", "1", "29.13", "**0.2913**"]
    assert cells[4] == ["bicubic", "—", "25.00", "0.5000"]
    assert tables.markdown(tables.Grid(["a|b"], [["c|d"]])).splitlines()[2] == "| c\\|d |"


def test_no_name_is_html_or_a_link_in_markdown() -> None:
    names = ["<img src=x onerror=alert(1)>", "[a](javascript:b)", "![a](b)", "a\nb", "\\|", "a & b", "</td>"]
    (line,) = tables.markdown(tables.Grid(["name"] * len(names), [names])).splitlines()[2:]
    assert not set("<>") & set(line)
    assert "](" not in line
    assert "| a b |" in line
    assert r"| \\\| |" in line  # a backslash and a bar, each by itself
    assert "| a &amp; b |" in line


def test_no_name_is_a_formula_in_csv() -> None:
    assert tables._csv([{"variant": "=cmd|' /C calc'!A0", "psnr": -1.5}]) == "variant,psnr\n'=cmd|' /C calc'!A0,-1.5\n"


def test_latex_is_a_booktabs_table(comparison: Comparison) -> None:
    lines = tables.latex(tables.summary_grid(comparison)).splitlines()
    assert lines[:2] == [r"\begin{tabular}{lrrr}", r"\toprule"]
    assert lines[2] == r"adversarial.weight & seeds & psnr $\uparrow$ & tof $\downarrow$ \\"
    assert lines[4] == r"0.1 & 2 & \textbf{31.67 $\pm$ 0.38} & 0.3167 $\pm$ 0.0038 \\"
    assert lines[-2:] == [r"\bottomrule", r"\end{tabular}"]
    assert {line.count(" & ") for line in lines if line.endswith(r"\\")} == {3}


def test_latex_takes_nothing_for_a_command() -> None:
    assert tables.latex_text(r"a_b & 5% #1 {x} $y$ \cmd ~ ^") == (
        r"a\_b \& 5\% \#1 \{x\} \$y\$ \textbackslash{}cmd \textasciitilde{} \textasciicircum{}"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Spread(28.3012, 0.0234, 3), "28.30 ± 0.02"),
        (Spread(0.77123, 0.00456, 3), "0.7712 ± 0.0046"),
        (Spread(123456.0, 7.6, 3), "123456 ± 8"),
        (Spread(-0.001234, None, 1), "-0.001234"),
        (Spread(0.0, 0.0, 2), "0.000 ± 0.000"),
        (Spread(float("nan"), None, 1), "nan"),
        (None, "—"),
    ],
)
def test_mean_and_deviation_end_at_the_same_place(value: Spread | None, text: str) -> None:
    assert tables.spread_text(value) == text


def test_equal_variants_have_no_best(recorded: Record) -> None:
    runs = [recorded(f"{WEIGHT}={weight}", psnr=clips(25.0), baselines={}) for weight in (1, 2)]
    assert tables.summary_grid(compared(*runs)).best == frozenset()
