"""Fixtures that tests of many rooms ask for by name."""

from __future__ import annotations

import pytest

from sim.config.catalog import set_language


@pytest.fixture
def in_an_empty_folder(tmp_path, monkeypatch):
    """The working folder is ``tmp_path``, and the language is chosen anew afterwards."""
    monkeypatch.chdir(tmp_path)
    yield
    set_language(None)


@pytest.fixture
def language_as_it_was():
    """A language that the test sets is forgotten afterwards."""
    yield
    set_language(None)


@pytest.fixture
def english(monkeypatch):
    """Messages come in English."""
    monkeypatch.setenv("COGOV_LANG", "en")
