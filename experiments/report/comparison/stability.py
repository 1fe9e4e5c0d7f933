"""Stability of the answer: the running mean difference with its band, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.html.canvas import INK, SOFT, Canvas, colour
from experiments.html.words import Words, words
from experiments.report.comparison.data import Results
from experiments.report.comparison.outcomes import PRIMARY, SURVEY

LEAST_SEEDS = 5  # fewer give no picture


@dataclass(frozen=True)
class Panel:
    """One outcome: a figure per arm on one scale."""

    name: str
    label: Words
    figures: list[tuple[Words, str]]
    print: bool = False


def panels(results: Results) -> list[Panel]:
    """The outcomes that --precision named, else disputes and the survey."""
    asked = list(results.manifest.get("precision") or (PRIMARY, SURVEY))
    found = []
    for name in asked:
        runs = {arm: _running(results, arm, name) for arm in results.others} if name in results.values else {}
        runs = {arm: run for arm, run in runs.items() if np.isfinite(run[0]).sum() >= LEAST_SEEDS}
        if runs:
            limits = _limits(list(runs.values()))
            found.append(
                Panel(
                    name,
                    results.outcome(name).label,
                    [
                        (results.label(arm), _figure(results, arm, name, run, limits))
                        for arm, run in runs.items()
                    ],
                    name == PRIMARY,
                )
            )
    return found


def _running(results: Results, arm: str, name: str) -> np.ndarray:
    """(3, pairs) mean, low, high after each complete pair, as shown (shares in per cent)."""
    from experiments.analysis.sequential import running

    differences = results.runs_of(arm, name) - results.runs_of(results.baseline, name)
    return running(differences[np.isfinite(differences)]) * results.outcome(name).scale


def _limits(runs: list[np.ndarray]) -> tuple[float, float]:
    """One scale for all arms: what the bands need from a third of the seeds on (the first few are
    enormous), zero included.
    """
    late = [run[:, max(run.shape[1] // 3, 3) :] for run in runs]
    low, high = (
        float(pick([pick(part[np.isfinite(part)], initial=0.0) for part in late]))
        for pick in (np.min, np.max)
    )
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _figure(results: Results, arm: str, name: str, run: np.ndarray, limits: tuple[float, float]) -> str:
    place, count = results.others.index(arm), run.shape[1]
    said = words("report.figure.of_arm", what=results.outcome(name).label, arm=results.label(arm))
    canvas = Canvas(f"stability-{name.replace('@', '-')}-{place}", 300, 190, said)
    ax = canvas.axes(44, 36, 8, 10)
    seeds, ink = np.arange(1, count + 1), colour(place)
    ax.fill_between(
        seeds, np.clip(run[1], *limits), np.clip(run[2], *limits), color=ink, alpha=0.2, linewidth=0
    )
    ax.plot(seeds, run[0], color=ink, linewidth=1.9)
    bound = (results.manifest.get("precision") or {}).get(name)
    if bound:
        wide = bound * results.outcome(name).scale
        for end in (run[0, -1] - wide, run[0, -1] + wide):
            ax.axhline(end, color=INK, linewidth=0.9, linestyle=(0, (2, 3)))
    ax.axhline(0, color=INK, linewidth=1)
    ax.set_ylim(*limits)
    ax.set_xlim(1, count)
    ax.locator_params(axis="x", nbins=6, integer=True)
    ax.locator_params(axis="y", nbins=5)
    canvas.say(44 + 248 / 2, 6, words("report.stability.axis"), ha="center", color=SOFT)
    return canvas.svg()
