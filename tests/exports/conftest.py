"""A results folder exported to every format, for the tests of exports."""

from __future__ import annotations

import pytest

from experiments import cli
from sim.config.catalog import set_language
from tests.exports.fake_results import filled


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "study"
    filled(folder)
    for words in (["csv"], ["parquet"], ["xlsx"], ["stata"], ["csv", "--long"]):
        assert cli.main(["export", str(folder), "--to", *words, "--lang", "zh"]) == 0
    set_language(None)
    return folder
