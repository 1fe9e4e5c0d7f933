"""The registry is complete, in range and bilingual, and its records say what the files say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sim.config import registry
from sim.config.catalog import LANGUAGES, catalog, text
from sim.config.paths import config_dir

PARAMETERS = registry.registry()
COLUMNS = {f"kinds.{n}": c for n, c in registry.kind_columns().items()} | {
    f"channels.{n}": c for n, c in registry.channel_columns().items()
}
CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("entry", [*PARAMETERS.values(), *COLUMNS.values()], ids=lambda e: e.name)
def test_entry_is_publishable(entry):
    """Unit, symbol, source, status and meaning in both languages are there, and the range is a range."""
    for field in ("symbol", "unit", "source", "rule"):
        assert getattr(entry, field).strip(), field
    assert entry.status in registry.STATUSES
    assert len(entry.en) > 5 and not CJK.search(entry.en)
    assert CJK.search(entry.zh)
    assert entry.low < entry.high
    for value in getattr(entry, "values", None) or (entry.value,):
        assert entry.contains(value), value


def test_an_empirical_number_names_its_source():
    for entry in [*PARAMETERS.values(), *COLUMNS.values()]:
        if entry.status in ("empirical", "claim", "fitted"):
            assert not entry.source.startswith("guess"), entry.name


def test_record_has_one_field_per_parameter_in_alphabetical_order():
    record = registry.params_record()
    assert record.shape == (1,)
    assert list(record.dtype.names) == sorted(PARAMETERS)
    assert all(record[n][0] == p.value for n, p in PARAMETERS.items())


def test_overrides_change_one_field_and_never_the_defaults():
    record = registry.params_record({"kpi": 0.7})
    changed = [n for n in record.dtype.names if record[n][0] != PARAMETERS[n].value]
    assert changed == ["kpi"]
    assert registry.params_record()["kpi"][0] == PARAMETERS["kpi"].value


def test_unknown_parameter_names_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'naming_rate'"):
        registry.params_record({"namming_rate": 1.0})
    with pytest.raises(KeyError, match="did you mean 'noise'"):
        registry.kinds_record({"nois.share": 1.0})


def test_tables_have_a_value_per_row_and_shares_sum_to_one():
    assert all(len(v) == 8 for v in registry.kinds_table().values())
    assert all(len(v) == 7 for v in registry.channels_table().values())
    assert sum(registry.kinds_table()["share"]) == pytest.approx(1.0, abs=1e-12)
    assert set(registry.row_names("kinds")) == set(registry.KINDS)
    assert set(registry.row_names("channels")) == set(registry.CHANNELS)


def test_kind_overrides_nested_and_flat_agree():
    nested = registry.kinds_record({"noise": {"work": 2.5}})
    flat = registry.kinds_record({"noise.work": 2.5})
    assert nested.tobytes() == flat.tobytes()
    assert nested["work"][0] == 2.5 and nested["work"][1] == registry.kinds_table()["work"][1]


def test_config_is_found_inside_a_package_and_beside_it(tmp_path):
    """A wheel ships sim/configs; a checkout has configs beside sim."""
    wheel, checkout = tmp_path / "wheel" / "sim", tmp_path / "checkout" / "sim"
    (wheel / "configs" / "parameters").mkdir(parents=True)
    checkout.mkdir(parents=True)
    (tmp_path / "checkout" / "configs" / "parameters").mkdir(parents=True)
    assert config_dir(wheel) == wheel / "configs"
    assert config_dir(checkout) == tmp_path / "checkout" / "configs"
    with pytest.raises(FileNotFoundError):
        config_dir(tmp_path / "nowhere" / "sim")


def test_catalog_says_everything_in_both_languages_with_the_same_blanks():
    blanks = re.compile(r"{(\w+)")
    for key, entry in catalog().items():
        assert set(entry) >= set(LANGUAGES), key
        assert sorted(blanks.findall(entry["en"])) == sorted(blanks.findall(entry["zh"])), key


def test_unknown_text_names_the_nearest():
    with pytest.raises(KeyError, match="config.missing"):
        text("config.mising")


def test_records_are_plain_float64():
    for record in (registry.params_record(), registry.kinds_record(), registry.channels_record()):
        assert {record.dtype[n] for n in record.dtype.names} == {np.dtype("f8")}
