"""The README's diagram of the model, in both languages: python docs/model_diagram.py."""

from __future__ import annotations

import sys

from generate import ROOT
from results_figure import FONTS
from results_pages import write

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT, LINE = 900, 372, 17
INK = "#4a545e"
BLUE, GREY, GREEN, RED = "#e8f0fa", "#f1f3f5", "#e6f4ea", "#fdecea"
BOXES = {  # x, y, width, height, colour, lines in English, lines in Chinese (the first is a heading)
    "people": (
        16,
        96,
        172,
        148,
        BLUE,
        ("Residents", "notice a problem, then", "put up with it,", "talk to the other side,", "or claim"),
        ("居民", "遇到问题之后：", "忍了，", "找对方当面谈，", "或者提出诉求"),
    ),
    "channels": (
        226,
        96,
        150,
        148,
        BLUE,
        ("Channels", "counter, hotline,", "grid worker, app,", "WeChat, council,", "Party member"),
        ("渠道", "窗口、热线、", "网格员、App、", "微信群、议事会、", "党员"),
    ),
    "patrol": (
        226,
        22,
        150,
        48,
        GREY,
        ("Patrols, sensors", "find what they see"),
        ("巡查与传感器", "发现看得见的"),
    ),
    "queues": (
        414,
        96,
        184,
        148,
        GREY,
        (
            "Queues with finite hours",
            "committee · grid ·",
            "property company;",
            "departments (level 2);",
            "backlog, burnout",
        ),
        ("工时有限的队列", "居委会 · 网格 ·", "物业企业；", "街道部门（二级）；", "积压与倦怠"),
    ),
    "truth": (
        636,
        36,
        248,
        78,
        GREEN,
        ("The condition", "fixed · eased · still there", "an audit looks here"),
        ("问题本身", "解决 · 缓解 · 依旧", "核实看的是这里"),
    ),
    "books": (
        636,
        146,
        248,
        78,
        RED,
        ("The record", "closed · closed on paper", "the books look here"),
        ("台账记录", "办结 · 只在纸面上办结", "上报看的是这里"),
    ),
    "disputes": (
        414,
        296,
        184,
        60,
        RED,
        ("Disputes", "mediation, petition, unpaid fees"),
        ("矛盾纠纷", "调解、信访、拒缴物业费"),
    ),
    "minds": (
        16,
        296,
        360,
        60,
        BLUE,
        ("Satisfaction · expectation · trust · ties", "no policy writes them: they follow from what happens"),
        ("满意 · 期望 · 信任 · 邻里关系", "政策不直接改写，只随经历变化"),
    ),
}
ARROWS = (  # points; a dashed arrow is a consequence that comes back
    (((188, 170), (226, 170)), False),
    (((376, 170), (414, 170)), False),
    (((376, 46), (506, 46), (506, 96)), False),
    (((598, 140), (617, 140), (617, 75), (636, 75)), False),
    (((598, 185), (636, 185)), False),
    (((884, 75), (892, 75), (892, 326), (598, 326)), True),
    (((760, 224), (760, 318), (598, 318)), True),
    (((414, 326), (376, 326)), True),
    (((102, 296), (102, 244)), True),
    (((506, 244), (506, 296)), True),
)


def box(name: str, lang: str) -> str:
    """One box with its lines, the first of them bold."""
    x, y, width, height, colour, *texts = BOXES[name]
    lines = texts[lang == "zh"]
    top = y + (height - LINE * len(lines)) / 2 + 13
    shapes = [
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{colour}" stroke="#8a94a0"/>'
    ]
    for i, line in enumerate(lines):
        weight = ' font-weight="bold"' if i == 0 else ""
        shapes.append(f'<text x="{x + width / 2:g}" y="{top + LINE * i:g}"{weight}>{line}</text>')
    return "".join(shapes)


def arrow(points: tuple, dashed: bool) -> str:
    """One arrow along its points."""
    path = " ".join(f"{x},{y}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    style = f'fill="none" stroke="{INK}" stroke-width="1.6"{dash} marker-end="url(#tip)"'
    return f'<polyline points="{path}" {style}/>'


def diagram(lang: str) -> str:
    """The whole drawing as an SVG document that stands alone."""
    title = {"en": "How a matter travels through the model", "zh": "一件事在模型中的经过"}[lang]
    size = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    tip = f'<marker id="tip" {size}><path d="M0 0 8 4 0 8z" fill="{INK}"/></marker>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="{lang}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title><defs>{tip}</defs>"
        f"<style>text{{font-family:{FONTS};font-size:13px;text-anchor:middle;fill:#1f2933}}</style>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        + "".join(arrow(*a) for a in ARROWS)
        + "".join(box(name, lang) for name in BOXES)
        + "</svg>\n"
    )


def main() -> int:
    """Write both."""
    for lang in ("en", "zh"):
        write(IMAGES / f"model.{lang}.svg", diagram(lang))
    return 0


if __name__ == "__main__":
    sys.exit(main())
