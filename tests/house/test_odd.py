"""The ODD, ODD+D and TRACE pages: not stale, complete, in order, alike in both languages; every name in them
exists.

A rule, phase, parameter, policy or column added to the model fails here until docs/odd/texts/*.yaml says what
it is.
"""

from __future__ import annotations

import re
from pathlib import Path

import generate
import odd_code
import odd_pages
import odd_tables
import pytest

from sim import policies
from sim.config import registry

ROOT = Path(__file__).resolve().parents[2]
ODD = (
    "1. Purpose and patterns",
    "2. Entities, state variables and scales",
    "3. Process overview and scheduling",
    "4. Design concepts",
    "5. Initialization",
    "6. Input data",
    "7. Submodels",
)
CONCEPTS = (
    "Basic principles",
    "Emergence",
    "Adaptation",
    "Objectives",
    "Learning",
    "Prediction",
    "Sensing",
    "Interaction",
    "Stochasticity",
    "Collectives",
    "Observation",
)
CONCEPTS_ZH = ("基本原理", "涌现", "适应", "目标", "学习", "预测", "感知", "互动", "随机性", "集体", "观测")
TRACE = (
    "Problem formulation",
    "Model description",
    "Data evaluation",
    "Conceptual model evaluation",
    "Implementation verification",
    "Model output verification",
    "Model analysis",
    "Model output corroboration",
)
DECISIONS = (
    "I.i",
    "I.ii",
    "I.iii",
    "II.i",
    "II.ii",
    "II.iii",
    "II.iv",
    "II.v",
    "II.vi",
    "II.vii",
    "II.viii",
    "II.ix",
    "II.x",
    "III.i",
    "III.ii",
)
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SUBMODELS, POLICIES = odd_pages.texts("submodels"), odd_pages.texts("policies")
MADE = {path.name: words for path, words in odd_pages.pages().items()}


def headings(words: str, level: int) -> list[str]:
    """Headings of one level, code left out."""
    return re.findall(rf"^{'#' * level} (.+)$", FENCE.sub("", words), re.MULTILINE)


def test_no_page_is_stale():
    on_disk = {
        name: (odd_pages.TARGET / name).read_text(encoding="utf-8")
        for name in MADE
        if (odd_pages.TARGET / name).exists()
    }
    assert [name for name, words in MADE.items() if on_disk.get(name) != words] == [], (
        "run: python docs/odd_pages.py"
    )


def test_the_seven_headings_stand_in_order():
    assert tuple(headings(MADE["odd.md"], 2)) == ODD
    assert [h.split(".")[0] for h in headings(MADE["odd.zh.md"], 2)] == list("1234567")


def test_all_eleven_design_concepts_stand_in_order():
    for name, concepts in (("odd.md", CONCEPTS), ("odd.zh.md", CONCEPTS_ZH)):
        found = [h for h in headings(MADE[name], 3) if h.startswith("4.")]
        assert found == [f"4.{n} {concept}" for n, concept in enumerate(concepts, 1)]


def test_trace_has_its_eight_elements_and_odd_d_its_fifteen():
    assert headings(MADE["trace.md"], 2) == [f"{n}. {element}" for n, element in enumerate(TRACE, 1)]
    for words in (MADE["trace.md"], MADE["trace.zh.md"]):
        said = "**没有**" if "问题界定" in words else "**Does not exist**"
        sections = re.split(r"^## ", words, flags=re.MULTILINE)[1:]
        assert all(said in s for s in sections), "each element says what does not exist"
    assert tuple(h.split(" ")[0] for h in headings(MADE["odd-d.md"], 2)) == DECISIONS


@pytest.mark.parametrize("name", odd_pages.NAMES)
def test_both_languages_have_one_structure(name):
    english, chinese = MADE[f"{name}.md"], MADE[f"{name}.zh.md"]
    marks = [
        [
            re.match(r"(#+) ((?:I+\.[ivx]+|\d+(?:\.\d+)*)\b)?", h).groups()
            for h in re.findall(r"^#+ .+$", FENCE.sub("", w), re.MULTILINE)
        ]
        for w in (english, chinese)
    ]
    assert marks[0] == marks[1]
    assert FENCE.findall(english) == FENCE.findall(chinese), "equations are code, the same in both"
    blocks = [[_kind(b) for b in FENCE.sub("", w).split("\n\n")] for w in (english, chinese)]
    assert blocks[0] == blocks[1], "paragraphs, tables and lists in the same order, of the same length"
    targets = [
        [re.sub(r"\.zh\.md", ".md", t) for t in re.findall(r"\]\(([^)#]+)", w)] for w in (english, chinese)
    ]
    assert targets[0] == targets[1]


def _kind(block: str) -> tuple:
    """What a block is: a table with its rows, a list with its points, a heading, a paragraph."""
    lines = block.strip().splitlines() or [""]
    if lines[0].startswith("|"):
        return "table", len(lines), lines[0].count("|")
    if re.match(r"(-|\d+\.) ", lines[0]):
        return "list", sum(bool(re.match(r"(-|\d+\.) ", line)) for line in lines)
    return ("heading",) if lines[0].startswith("#") else ("text",)


def test_no_english_sentence_is_left_in_chinese():
    """Prose of the Chinese pages is Chinese: outside code, tables (sources are kept as written) and
    names, no run of five English words.
    """
    for name in odd_pages.NAMES:
        words = FENCE.sub("", MADE[f"{name}.zh.md"])
        prose = "\n".join(line for line in words.splitlines() if not line.startswith(("|", "<!--")))
        left = re.findall(r"(?:[A-Za-z]{2,}[ ,]+){5,}", re.sub(r"`[^`]*`|\([^)]*\)|（[^）]*）", "", prose))
        assert left == [], name


def test_every_page_says_what_it_is_not_and_no_rate_is_invented():
    for name, words in MADE.items():
        if name.endswith(".zh.md"):
            assert "机制比较，非预测" in words and "满意率" not in words.replace("回访办件满意率", "")
        else:
            assert "not prediction" in words


def test_every_rule_has_a_submodel_and_only_one():
    named = [e for s in SUBMODELS.values() for e in s["equations"]] + [
        e for p in POLICIES.values() for e in p.get("equations", ())
    ]
    assert sorted(set(odd_code.rules()) - set(named)) == [], (
        "give each of these rules a place in docs/odd/texts/submodels.yaml or policies.yaml"
    )
    assert sorted(e for e in named if named.count(e) > 1) == []


def test_every_phase_of_the_day_has_a_submodel():
    named = {f.split(":")[1] for s in SUBMODELS.values() for f in s["functions"]}
    assert [phase for phase, _ in generate.order() if phase not in named] == []


def test_every_policy_has_a_section_and_every_section_a_policy():
    assert sorted(POLICIES) == sorted(policies.names()), "docs/odd/texts/policies.yaml"
    for name in policies.names():
        assert f"(`{name}`)" in MADE["odd.md"] and f"(`{name}`)" in MADE["odd.zh.md"]


def test_every_parameter_stands_in_exactly_one_submodel():
    held = [p for names in odd_pages.owners().values() for p in names]
    every = [*registry.registry(), *registry.kind_columns(), *registry.channel_columns()]
    assert sorted(set(every) - set(held)) == [] and sorted(set(held) - set(every)) == []
    assert sorted(p for p in held if held.count(p) > every.count(p)) == []


def test_every_function_and_test_named_exists():
    for key, section in {**SUBMODELS, **POLICIES}.items():
        functions = [*section.get("functions", ()), *section.get("equations", ())]
        assert [f for f in functions if f not in odd_code.functions()] == [], key
        assert section["tests"] and [t for t in section["tests"] if t not in odd_code.tests()] == [], key


def test_every_mechanism_has_an_equation_and_every_excerpt_is_found():
    for key, section in {**SUBMODELS, **POLICIES}.items():
        assert [where for where in section.get("excerpts", ()) if not odd_code.excerpt(where)] == [], key
        assert key in POLICIES or section["equations"] or section.get("excerpts"), key


def test_names_in_prose_exist():
    """Files, commands and parameters that the templates put in code quotes."""
    verbs = {p.stem for p in (ROOT / "experiments" / "commands").glob("*.py")}
    known = {*registry.registry(), *(phase for phase, _ in generate.order())}
    for path in odd_pages.TEXTS.glob("*.tmpl"):
        for quoted in re.findall(r"`([^`]+)`", path.read_text(encoding="utf-8")):
            if "/" in quoted:
                assert (ROOT / quoted.split("*")[0]).exists(), f"{path.name}: {quoted}"
            elif quoted.startswith("cogov "):
                assert quoted.split()[1] in verbs, f"{path.name}: {quoted}"
            elif re.fullmatch(r"[a-z]+_[a-z_0-9]+", quoted) and quoted != "smallest_effect":
                assert quoted in known, f"{path.name}: {quoted}"


def test_sentences_are_the_codes_own():
    """The English of every equation is its docstring; where the code changes, the Chinese must be looked
    at again.
    """
    sentences = odd_pages.texts("sentences")
    shown = {e for s in (*SUBMODELS.values(), *POLICIES.values()) for e in s.get("equations", ())}
    assert set(sentences) == shown
    stale = [name for name, words in sentences.items() if words["en"] != odd_code.sentence(name)]
    assert stale == [], "docs/odd/texts/sentences.yaml: take over the docstring, and translate it again"
    assert [name for name, words in sentences.items() if bool(words["en"]) != bool(words["zh"])] == []


def test_columns_are_those_of_the_tables():
    known = odd_pages.texts("columns")
    for name, names in odd_tables.columns().items():
        assert sorted(c for c in known[name] if c != "_title") == sorted(names), (
            f"docs/odd/texts/columns.yaml: {name}"
        )
        assert all(words["en"] and words["zh"] for words in known[name].values())


def test_sources_are_in_chinese_but_for_the_newest():
    entries = [
        *registry.registry().values(),
        *registry.kind_columns().values(),
        *registry.channel_columns().values(),
    ]
    sources = {e.source for e in entries} | {
        f.metadata["source"] for p in policies.names() for f in generate.fields(policies.get(p))
    }
    left = sorted(sources - set(odd_pages.texts("sources")))
    assert len(left) < 0.05 * len(sources), f"docs/odd/texts/sources.yaml: {left}"


def test_equations_carry_the_registrys_symbols():
    """Known answers: an argument that the model always takes from the registry shows its symbol; one that
    differs by call keeps its name.
    """
    assert (
        odd_code.equation("sim.mechanisms.choice:naming_hazard")
        == "naming_hazard(ν, severity) = ν · severity · √(severity)"
    )
    assert (
        odd_code.equation("sim.mechanisms.choice:deciding_hazard")
        == "deciding_hazard(rate, severity) = rate · severity"
    )
    assert (
        odd_code.excerpt("sim.mechanisms.claims:claim | p.out_of_scope")
        == "if uniform(seed, D_SCOPE, key_of(matters, row), 0, case.claims) < π_o"
    )
    assert odd_code.excerpt("sim.mechanisms.claims:claim | no such words") == ""
    assert "σ_2" in odd_code.equation("sim.agents.level2_desk:department_delay")


def test_what_is_imposed_is_marked_in_its_table():
    rows = [
        line
        for line in MADE["odd.md"].splitlines()
        if line.startswith("|") and re.search(r"\bimposed\b", line.rsplit("|", 2)[1])
    ]
    assert len(rows) >= 6 and all(
        ", imposed |" in row for row in rows if "| `" in row and row.count("|") == 8
    )
