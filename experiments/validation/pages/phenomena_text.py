"""Sentences on a phenomenon: templates of its file, chosen by verdict and filled with what was measured."""

from __future__ import annotations

import re
from collections.abc import Sequence

from experiments.html.numbers import fixed, percent, significant
from experiments.validation import judge as rules
from experiments.validation.judge import Estimate
from sim.config.catalog import text

ON, OFF = "on", "off"
_DECIMALS = re.compile(r"(\+?),?\.(\d)([f%])")


class Amount(float):
    """A number that writes itself as all numbers are shown: three digits, or as asked (``:+.1f``)."""

    def __format__(self, spec: str) -> str:
        asked = _DECIMALS.fullmatch(spec)
        if spec and not asked:
            raise ValueError(f"{spec!r}: write :.1f, :+.1f or :.0%")
        if not asked:
            return significant(float(self))
        show = percent if asked[3] == "%" else fixed
        return show(float(self), int(asked[2]), signed=bool(asked[1]))


class _Told:
    """A contrast as texts use it: {name.mean}, {name.low}, {name.high}, {name.off.mean}, {name.made.mean}."""

    def __init__(self, on: Estimate, off: Estimate | None = None, made: Estimate | None = None):
        self.mean, self.low, self.high = Amount(on.mean), Amount(on.low), Amount(on.high)
        self.interval = on.interval
        if off is not None and made is not None:
            self.off, self.made = _Told(off), _Told(made)


def told(result) -> str:
    """The verdict as shown: with too few seeds neither shown nor not shown can be said."""
    return told_of(
        result.verdict,
        [line.why for line in result.lines if line.spec["needed"] and line.verdict == rules.NOT_SHOWN],
    )


def told_of(verdict: str, whys: Sequence[str]) -> str:
    """``rules.FEW`` in the place of not shown where that is the only reason."""
    return (
        rules.FEW
        if verdict == rules.NOT_SHOWN and whys and all(why == rules.FEW for why in whys)
        else verdict
    )


def paragraph(result, lang: str) -> str:
    """What theory says, what was found, what is left without the mechanism: chosen by verdict, filled in."""
    contrasts = {line.name: _Told(line.on, line.off, line.made) for line in result.lines}
    amounts = {
        mode: {cell: {name: Amount(v) for name, v in outcomes.items()} for cell, outcomes in cells.items()}
        for mode, cells in result.cells.items()
    }
    values = {**contrasts, "cell": amounts[ON], "off": amounts[OFF], "seeds": result.seeds}
    spec, parts = result.spec, [result.spec["theory"][lang]]
    verdict = told(result)
    found = {rules.SHOWN: spec["shown"], rules.NOT_SHOWN: spec["not_shown"]}.get(verdict)
    parts.append(
        found[lang].format(**values)
        if found
        else text(f"phenomena.generic.{verdict}", lang, claim=spec["claim"][lang])
    )
    if result.off_verdict != rules.NOT_ASKED:
        own = (
            spec["gone"]
            if result.off_verdict == rules.GONE
            else spec["remains"]
            if result.off_verdict == rules.REMAINS
            else None
        )
        whole = (
            f"phenomena.generic.{result.off_verdict}"
            if result.verdict == rules.SHOWN
            else "phenomena.generic.partly"
        )
        verdict = text(f"phenomena.verdict.{result.off_verdict}", lang)
        parts.append(
            own[lang].format(**values)
            if own
            else text(whole, lang, off=spec["without"]["label"][lang], verdict=verdict)
        )
    return ("" if lang == "zh" else " ").join(parts)


def unit_of(line, lang: str) -> str:
    """The contrast's unit: its own words, else its first outcome's from the catalog."""
    if line.spec["unit"]:
        return line.spec["unit"][lang]
    return outcome_unit(next(iter(line.spec["outcomes"])), lang)


def outcome_unit(name: str, lang: str) -> str:
    return text(f"outcome.{name.partition('@')[0]}.unit", lang)
