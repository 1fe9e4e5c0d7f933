"""The base of every figure: drawn once for both languages, named for those who hear it, text stays text.

Ids are a figure's own, nothing points outside, and every word passes through `Words`, so that it is escaped.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from experiments.html.words import Words, escape, lines, plain_words

# Okabe and Ito's palette: told apart with any colour vision; grey is the baseline's.
BASELINE_COLOUR = "#5f6770"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B58900", "#56B4E9", "#7B4FA3", "#8C510A")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
GOOD, BAD, NEUTRAL, INK, SOFT, FAINT = "#0072B2", "#C44E00", "#5f6770", "#1f2933", "#4a545e", "#d5dae0"
SIZE = 11.0  # px of ordinary text at the width a figure is made for

_NOISE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r'<style type="text/css">.*?</style>', re.DOTALL)
_OWN_IDS = re.compile(r' id="[A-Za-z0-9]*(?:_|\.)[^"]*"')  # figure_1, axes_1, ...: nobody refers to them
_FONT = re.compile(r"font(?:-family)?: ([\d.]+px )?[^;\"]*;? ?")
_DECIMALS = re.compile(r"(\d+\.\d{2})\d+")
_TAG = re.compile(r"<[^>]*>")
_SIZE = re.compile(r'<svg[^>]*?width="([\d.]+)pt" height="([\d.]+)pt"[^>]*>')
_TOKEN = re.compile(r"~(\d+)~")


def opening(name: str, width: str, height: str, said: Words) -> str:
    """The start tag of a figure: its size, and its accessible name in both languages (see `drawn`)."""
    zh, en = (escape(said.plain(lang)) for lang in ("zh", "en"))
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" class="figure" data-figure="{escape(name)}" '
        f'aria-label="{en}" data-label-zh="{zh}" data-label-en="{en}">'
    )


def drawn(svg: str, lang: str) -> str:
    """The figure with its accessible name in the language shown first."""
    return re.sub(
        rf'aria-label="[^"]*"( [^>]*?data-label-{lang}="([^"]*)")',
        lambda m: f'aria-label="{m[2]}"{m[1]}',
        svg,
        count=1,
    )


def colour(index: int) -> str:
    """Colour of the arm at `index` among the arms beside the baseline."""
    return COLOURS[index % len(COLOURS)]


@lru_cache(maxsize=1)
def _style() -> dict:
    """seaborn's plain style, text kept as text. px and pt are one unit here."""
    import seaborn as sns

    return sns.axes_style("ticks") | {
        "svg.fonttype": "none",
        "font.size": SIZE,
        "axes.edgecolor": "#8a939d",
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.linewidth": 0.8,
        "xtick.major.width": 0.8,
        "ytick.major.width": 0.8,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "axes.unicode_minus": True,
        "font.family": "DejaVu Sans",
        "path.simplify": True,
        "axes.grid": True,
        "grid.color": "#e6e9ed",
        "grid.linewidth": 0.8,
        "axes.axisbelow": True,
        "text.color": INK,
    }


@dataclass
class Canvas:
    """A figure of `width` x `height` px named `name` (unique in the document; it salts the ids).

    `said` is its accessible name: what it shows, in words.
    """

    name: str
    width: float
    height: float
    said: Words
    texts: list[Words] = field(default_factory=list)

    def __post_init__(self) -> None:
        import matplotlib
        from matplotlib.figure import Figure

        self._rc = _style() | {"svg.hashsalt": self.name}
        with matplotlib.rc_context(self._rc):
            self.figure = Figure(figsize=(self.width / 72, self.height / 72))

    def axes(
        self, left: float, bottom: float, right: float, top: float, hide: Sequence[str] = ("top", "right")
    ):
        """Axes with margins in px."""
        import matplotlib

        with matplotlib.rc_context(self._rc):
            ax = self.figure.add_axes(
                (
                    left / self.width,
                    bottom / self.height,
                    1 - (left + right) / self.width,
                    1 - (bottom + top) / self.height,
                )
            )
        for side in hide:
            ax.spines[side].set_visible(False)
        return ax

    def rows(
        self,
        names: Sequence[Words],
        left: float,
        bottom: float,
        right: float,
        top: float,
        inks: Sequence[str] = (),
    ):
        """Axes with a row per name, the name at its left in a column of `left` px; row i is at `row_px(i)`.

        Names and marks share a line, and nothing that is drawn in the axes runs through a name.
        """
        ax = self.axes(left, bottom, right, top, hide=("top", "right", "left"))
        ax.set_ylim(0, len(names))
        ax.set_yticks([])
        ax.grid(axis="y", visible=False)
        for i, name in enumerate(names):
            self.say_lines(
                left - 10,
                self.row_px(i, len(names), bottom, top),
                name,
                left - 14,
                ha="right",
                size=10.5,
                color=inks[i] if inks else INK,
            )
        return ax

    def row_px(self, i: int, count: int, bottom: float, top: float) -> float:
        """Height in px of the middle of row i of `rows`."""
        return bottom + (self.height - bottom - top) * (1 - (i + 0.5) / count)

    def mark(self, phrase: Words) -> str:
        """A token that `svg()` replaces by the phrase in both languages."""
        self.texts.append(phrase)
        return f"~{len(self.texts) - 1}~"

    def say(self, x: float, y: float, phrase: Words | str, **style):
        """Text at px from the lower left corner; `size`, `color`, `ha`, `va`, `weight` as matplotlib's."""
        shown = self.mark(plain_words(phrase))
        style = {"size": SIZE, "color": INK, "ha": "left", "va": "baseline"} | style
        self.figure.text(x / self.width, y / self.height, shown, **style)

    def say_lines(
        self, x: float, middle: float, phrase: Words | str, width: float, at_most: int = 2, **style
    ) -> None:
        """Text broken into lines no wider than `width` px, centred on the height `middle`.

        A language that needs fewer lines than the other is centred by itself.
        """
        size = style.get("size", SIZE)
        both = lines(plain_words(phrase), width, size, at_most)
        blocks = [both]
        if not all(part.zh and part.en for part in both):
            blocks = [[Words(p.zh, "") for p in both if p.zh], [Words("", p.en) for p in both if p.en]]
        for parts in blocks:
            for i, part in enumerate(parts):
                self.say(x, middle + 1.18 * size * ((len(parts) - 1) / 2 - i) - 0.36 * size, part, **style)

    def dot(self, x: float, y: float, symbol: str, ink: str, filled: bool = True) -> None:
        """A mark at px from the lower left corner, as legends need it."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(
            Line2D(
                [x / self.width],
                [y / self.height],
                linestyle="none",
                marker=symbol,
                markersize=8,
                color=ink,
                markeredgewidth=1.7,
                markerfacecolor=ink if filled else "white",
            )
        )

    def tile(self, x: float, y: float, width: float, height: float, face) -> None:
        """A filled rectangle, px."""
        from matplotlib.patches import Rectangle

        self.figure.add_artist(
            Rectangle(
                (x / self.width, y / self.height),
                width / self.width,
                height / self.height,
                facecolor=face,
                edgecolor="#8a939d",
                linewidth=0.5,
                transform=self.figure.transFigure,
            )
        )

    def svg(self) -> str:
        """The figure as one inline `<svg>`."""
        import matplotlib

        out = io.StringIO()
        with matplotlib.rc_context(self._rc):
            self.figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
        return self._clean(out.getvalue())

    def _clean(self, svg: str) -> str:
        svg = _STYLE.sub("", _NOISE.sub("", svg))
        svg = _OWN_IDS.sub("", svg)
        svg = re.sub(
            r'style="[^"]*font[^"]*"',
            lambda m: _FONT.sub(lambda f: f"font-size: {f[1].strip()};" if f[1] else "", m[0]),
            svg,
        )
        svg = _TAG.sub(
            lambda m: _DECIMALS.sub(r"\1", m[0]), svg
        )  # coordinates only: a tick's label keeps its digits
        svg = re.sub(r"\s*\n\s*", " ", svg)
        svg = _SIZE.sub(lambda m: opening(self.name, m[1], m[2], self.said), svg)
        return _TOKEN.sub(lambda m: self.texts[int(m[1])].svg(), svg).strip()
