"""Numbers without end and no numbers: one message each, in the place where they stand."""

from __future__ import annotations

import pytest

from experiments.questions.comparison import Study
from sim.config.errors import ConfigError

TEXT = """name: n
title: &t {en: t, zh: t}
summary: *t
scenario: small_community
seeds: 2
arms:
  baseline: []
  a: [{policy: grid_management}]
"""


def _problems(tmp_path, old: str, new: str) -> list[str]:
    path = tmp_path / "n.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Study.load(str(path))
    return str(caught.value).splitlines()


@pytest.mark.parametrize("value", [".inf", "-.inf", ".nan", "9" * 5000])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("grid_management", "grid_management, intensity: {}"),
        ("grid_management", "grid_management, start_day: {}"),
        ("seeds: 2", "seeds: 2\nparameters: {{naming_rate: {}}}"),
        ("seeds: 2", "seeds: 2\nsmallest_effect: {{dispute_rate: {}}}"),
    ],
)
def test_a_number_without_end_is_said_once_and_as_what_it_is(tmp_path, monkeypatch, value, old, new):
    monkeypatch.setenv("COGOV_LANG", "en")
    (said,) = _problems(tmp_path, old, new.format(value))
    assert said.endswith("is not a finite number") and "∞" not in said and len(said) < 200


def test_a_label_given_twice_is_said_once_for_each_language(tmp_path, monkeypatch):
    monkeypatch.setenv("COGOV_LANG", "en")
    labels = "labels: {baseline: {en: x, zh: 甲}, a: {en: x, zh: 乙}}\nseeds: 2"
    (said,) = _problems(tmp_path, "seeds: 2", labels)
    assert "labels.a.en: 'x' is the label of arm 'baseline' too" in said
