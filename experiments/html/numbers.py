"""Numbers as readers see them: honest digits, a true minus sign, never minus zero, one dash for the unknown.

Every page, figure and table of the documentation shows its numbers by a function of this file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

MISSING = "—"
MINUS = "−"
MOST_PLACES = 7


def fixed(value: float, digits: int, signed: bool = False) -> str:
    """``digits`` decimals, thousands set apart; ``signed`` puts a plus before what is above zero."""
    if not math.isfinite(value):
        return MISSING
    rounded = round(value, digits) + 0.0
    text = f"{abs(rounded):,.{digits}f}"
    return (MINUS if rounded < 0 else "+" if signed and rounded > 0 else "") + text


def significant(value: float, digits: int = 3, signed: bool = False) -> str:
    """``digits`` significant digits, no exponents; whole numbers as they are; below half a millionth 0."""
    if not math.isfinite(value):
        return MISSING
    if abs(value) < 5e-7:
        return "0"
    if abs(value - round(value)) < 1e-9:
        return fixed(value, 0, signed)
    rounded = abs(float(f"{value:.{digits - 1}e}"))  # 9.996 has the size of 10.0
    return fixed(value, min(max(digits - 1 - math.floor(math.log10(rounded)), 0), MOST_PLACES), signed)


def declared(value: float) -> str:
    """A number that a file sets: up to six significant digits, none of them needless, no exponent."""
    if not math.isfinite(value):
        return MISSING
    exact = Decimal(f"{value + 0.0:.6g}")
    return f"{exact.copy_abs():,f}" if exact >= 0 else MINUS + f"{exact.copy_abs():,f}"


def percent(share: float, digits: int | None = None, signed: bool = False) -> str:
    """A share in per cent with its sign; without ``digits`` one decimal, or one digit of less than a
    tenth.
    """
    if not math.isfinite(share):
        return MISSING
    return points(share, digits, signed) + "%"


def points(share: float, digits: int | None = None, signed: bool = False) -> str:
    """A change of a share in percentage points, without a unit; digits as ``percent``."""
    value = 100.0 * share
    if digits is None and 5e-7 < abs(value) < 0.1:
        return significant(value, 1, signed)
    return fixed(value, 1 if digits is None else digits, signed)


def odds(share: float) -> str:
    """How often something came out, in whole per cent: neither never nor always unless it was."""
    if not math.isfinite(share):
        return MISSING
    return "< 1%" if 0 < share < 0.01 else "> 99%" if 0.99 < share < 1 else percent(share, 0)


def p_value(p: float) -> str:
    """A p- or q-value with the digits that its resamples allow."""
    if not math.isfinite(p):
        return MISSING
    return "< 0.001" if p < 0.001 else fixed(p, 3 if p < 0.1 else 2)


def leading(amount: float, digits: int = 2) -> str:
    """An amount above zero rounded to its leading digits: 41,837 is 42,000."""
    if not math.isfinite(amount) or amount <= 0:
        return fixed(amount, 0)
    step = 10.0 ** (math.floor(math.log10(amount)) - digits + 1)
    return fixed(round(amount / step) * step, 0 if step >= 1 else -math.floor(math.log10(step)))


def factor(value: float) -> str:
    """A ratio of variances: one decimal, none from ten on; without bound an infinity sign."""
    return "∞" if math.isinf(value) else fixed(value, 1 if value < 10 else 0)


def with_half(value: float, half: float) -> str:
    """'0.48 ± 0.06': as many decimals as the half-width deserves."""
    if not (math.isfinite(value) and math.isfinite(half)) or half <= 0:
        return significant(value)
    power = math.floor(math.log10(half))
    digits = min(max(-power + (half / 10.0**power < 3), 0), MOST_PLACES)
    return f"{fixed(value, digits)} ± {fixed(half, digits)}"


def in_cell(share: float) -> str:
    """A share between 0 and 1 as it fits a small cell: '.48', '1.0', nothing below half a hundredth."""
    if not math.isfinite(share) or share < 0.005:
        return ""
    return fixed(share, 2).replace("0.", ".", 1) if share < 0.995 else fixed(share, 1)


def places(half_widths: Iterable[float], sizes: Iterable[float]) -> int:
    """Decimals such that half an interval shows one or two digits, and a number about three in all."""
    widths = sorted(w for w in half_widths if math.isfinite(w) and w > 0)
    largest = max((abs(s) for s in sizes if math.isfinite(s)), default=0.0)
    three = 2 - math.floor(math.log10(largest)) if largest > 0 else 1
    wanted = -math.floor(math.log10(widths[len(widths) // 2] / 2)) if widths else three
    return min(max(min(wanted, three), 0), 4)


def alike(low: float, high: float, value: float) -> int:
    """Decimals that suit an interval and its value alike: '1.0 (0.5 to 2.0)', never '1 (0.500 to 2)'."""
    half = (high - low) / 2
    if low == high == value == 0:
        return 0
    return places([half] if math.isfinite(half) and half > 0 else [], [low, high, value])


def digits_for(low: float, high: float, digits: int) -> int:
    """One decimal more where rounding would show an end of a clear interval as zero though it is not."""
    return digits + any(end != 0 and round(end, digits) == 0 for end in (low, high) if math.isfinite(end))


@dataclass(frozen=True)
class Number:
    """A number as shown, with the table's own value kept beside it (``<data value=...>``)."""

    raw: float
    shown: str

    def __html__(self) -> Markup:
        return (
            Markup('<data value="{:.10g}">{}</data>').format(self.raw, self.shown)
            if math.isfinite(self.raw)
            else escape(self.shown)
        )


def number(value: float, digits: int, scale: float = 1.0, signed: bool = False) -> Number:
    """``value`` (table's unit) as shown: scaled, rounded, with the raw value kept beside it."""
    return Number(value, fixed(value * scale, digits, signed))
