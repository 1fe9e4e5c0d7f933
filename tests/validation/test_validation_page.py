"""The validation's page and table, safe and bilingual, from the command to the last line."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from experiments import cli
from experiments.validation import Request, claims, claims_file
from experiments.validation.pages import page
from experiments.validation.systems import System
from sim.config.catalog import LANGUAGES, catalog
from tests.validation.made_up_system import AROUND, GRID, ROOT, a_system, arms

pytestmark = pytest.mark.usefixtures("language_as_it_was")


# -- page and table --------------------------------------------------------------------------------
EVIL = '<script>alert("x")</script>'


def results_of(system: dict, runs: dict) -> claims.ClaimResults:
    lines = tuple(claims.judge(system, runs))
    return claims.ClaimResults(
        lines, {"systems": [system], "seeds": [1, 2, 3, 4, 5], "residents": 500}, {"p": (500, 0)}
    )


def test_page_escapes_what_files_say_and_holds_both_languages(tmp_path):
    system = a_system(
        [
            {
                "judge": "level",
                "measure": "m",
                "at_least": 0.5,
                "label": {"en": EVIL, "zh": EVIL},
                "unit": "share",
            }
        ],
        said={"en": EVIL, "zh": EVIL},
        note={"en": EVIL.replace("{", ""), "zh": EVIL},
        beside=["event_satisfaction"],
    )
    system["title"] = {"en": EVIL, "zh": EVIL}
    results = results_of(system, arms(m=0.9 + AROUND, event_satisfaction=0.8 + AROUND))
    html = page.render([(claims.section(results, "zh"), claims.section(results, "en"))], "en")
    assert EVIL not in html and "&lt;script&gt;alert" in html
    for lang in LANGUAGES:
        for key in (
            "validation.title",
            "report.disclaimer",
            "claims.verdict.reproduced",
            "claims.column.verdict",
        ):
            assert catalog()[key][lang] in html
    assert len(re.findall(r'<h2 id="claims-(?:zh|en)"', html)) == 2 and 'data-lang="en"' in html
    assert not re.search(r"""(?:src|href)\s*=(?!"#)|url\(|@import|https?://""", html), (
        "self-contained: it works offline"
    )


def test_csv_opens_in_excel_and_says_it_in_both_languages(tmp_path):
    results = results_of(
        a_system([{"judge": "level", "measure": "m", "at_least": 0.5}]), arms(m=0.9 + AROUND)
    )
    path = claims_file.write_csv(results, tmp_path / "claims.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    row = next(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert (row["verdict"], row["verdict_zh"]) == ("reproduced", "得到再现") and float(
        row["simulated"]
    ) == pytest.approx(0.9)


def test_the_judging_part_reads_results_only():
    """Nothing of the simulator but its words: claims can be judged again from a folder alone."""
    for name in ("arithmetic", "claims", "pages/claims", "pages/page", "shown"):
        source = ast.parse((ROOT / "experiments" / "validation" / f"{name}.py").read_text(encoding="utf-8"))
        froms = [n.module for n in ast.walk(source) if isinstance(n, ast.ImportFrom) and n.module]
        names = [a.name for n in ast.walk(source) if isinstance(n, ast.Import) for a in n.names]
        assert {m for m in (*froms, *names) if m.split(".")[0] == "sim"} <= {"sim.config.catalog"}, name


def test_a_page_needs_no_other_part(tmp_path):
    """A folder without claims or patterns gives a page without sections, and no error."""
    assert page.sections(tmp_path) == []


# -- the whole way ---------------------------------------------------------------------------------
def test_validate_from_the_command_to_the_page_and_again(tmp_path, capsys):
    words = [
        "validate",
        "--only",
        "claims",
        "--systems",
        "3,6",
        "--residents",
        "500",
        "--seeds",
        "2",
        "--workers",
        "1",
        "--out",
        str(tmp_path / "v"),
        "--lang",
        "en",
    ]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "6 runs to do, 0 already there" in said
    first = (tmp_path / "v" / "claims.csv").read_bytes()
    rows = list(csv.DictReader(first.decode("utf-8-sig").splitlines()))
    assert {row["system"] for row in rows} == {"hongshan_grid", "hongshan_council"} and len(rows) == 5
    assert {row["verdict"] for row in rows} <= set(claims.VERDICTS)
    spec = json.loads((tmp_path / "v" / "systems.json").read_text(encoding="utf-8"))
    assert spec["residents"] == 500 and [s["number"] for s in spec["systems"]] == [3, 6]
    assert (tmp_path / "v" / "validation.html").stat().st_size > 20_000
    assert cli.main(words) == 0
    assert "0 runs to do, 6 already there" in capsys.readouterr().out
    assert (tmp_path / "v" / "claims.csv").read_bytes() == first


def test_a_system_whose_policy_is_missing_stops_before_anything_is_written(tmp_path, capsys):
    wrong = tmp_path / "mine.yaml"
    wrong.write_text(GRID.replace("policy: grid_management", "policy: grid_managment"), encoding="utf-8")
    assert (
        cli.main(
            [
                "validate",
                "--only",
                "claims",
                "--systems",
                str(wrong),
                "--out",
                str(tmp_path / "v"),
                "--lang",
                "zh",
            ]
        )
        == cli.BAD_INPUT
    )
    assert "是否想写 'grid_management'" in capsys.readouterr().err and not (tmp_path / "v").exists()


def test_default_sizes_never_enlarge_a_place():
    from experiments.validation.runs.claims import studies

    request = Request(Path("x"), (1, 2), 50_000)
    fake = SimpleNamespace(
        place="hongshan_road", arms=lambda: {"hongshan_grid": ({"policy": "grid_management"},)}
    )
    study = studies([fake], request)[0]
    assert study.place().residents == 12_000 and list(study.arms) == ["baseline", "hongshan_grid"]


def test_a_system_is_run_by_its_name(capsys):
    assert (
        cli.main(
            ["run", "hongshan_grid", "--residents", "500", "--days", "30", "--burn-in", "10", "--lang", "en"]
        )
        == 0
    )
    assert "Hongshan Road: grid management: 500 residents" in capsys.readouterr().out
    assert cli.main(["run", "hongshan_grid", "--policy", "grid_management", "--lang", "en"]) == cli.BAD_INPUT
    assert "stands twice" in capsys.readouterr().err


def test_systems_and_the_places_of_their_rows_are_listed(capsys):
    assert cli.main(["list", "systems", "--lang", "zh"]) == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if re.match(r"\s+\d+ ", line)]) == 22
    assert cli.main(["list", "places", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"hongshan_road .*systems: 2–7", said) and len(re.findall(r"systems: ", said)) == 17


def test_the_example_of_the_guide_is_a_system(tmp_path):
    for name in ("validate.md", "validate.zh.md"):
        block = re.search(
            r"```yaml\n(.*?)```", (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8"), re.S
        )[1]
        (tmp_path / "my_system.yaml").write_text(block, encoding="utf-8")
        assert System.load(tmp_path / "my_system.yaml").claims[0].name == "demands"
