"""The slips of benchmarks/mutations.py fit the sources: each text stands there once, each test exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.mutation_list import MUTATIONS

ROOT = Path(__file__).resolve().parents[2]


def tables(source: str) -> str:
    """A test file's text with that of the helpers of its room from which it imports its cases."""
    helpers = re.findall(r"^from (tests\.\S+) import", source, re.MULTILINE)
    paths = [ROOT / f"{name.replace('.', '/')}.py" for name in helpers]
    return source + "".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_slip_fits_the_sources_and_names_tests_that_there_are(mutation):
    for file, old, new in mutation.edits:
        assert old != new and (ROOT / file).read_text(encoding="utf-8").count(old) == 1, (file, old)
    assert mutation.tests
    for test in mutation.tests:
        file, *names = test.split("::")
        source = (ROOT / file).read_text(encoding="utf-8")
        for name in names:
            plain, _, case = name.rstrip("]").partition("[")
            assert re.search(rf"^ *(def|class) {plain}\b", source, re.MULTILINE), test
            assert case in tables(source), test
