"""The slips of benchmarks/mutations.py fit the sources: each text stands there once, each test exists."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from mutation_list import MUTATIONS  # noqa: E402


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
            assert case in source, test
