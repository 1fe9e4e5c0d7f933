"""Time of the report: 6 arms x 30 seeds x 730 days x 12 grids of made-up numbers, on one process.

Run ``python benchmarks/report_time.py``; prints CPU seconds of write_report, imports included, and the file's
size.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.made_up_results import ARMS, results_folder

BUDGET = 8.0  # CPU seconds


def main() -> int:
    from experiments.report.comparison.page import write_report

    arms = {
        **ARMS,
        "resident_council": [{"policy": "resident_council"}],
        "smart_platform": [{"policy": "smart_platform"}],
    }
    with tempfile.TemporaryDirectory() as room:
        folder = results_folder(Path(room) / "study", arms=arms, seeds=30, days=730, grids=12)
        began = time.process_time()
        page = write_report(folder, "zh")
        spent = time.process_time() - began
        print(
            f"{len(arms) * 30} runs x 730 days x 12 grids: {spent:.1f} s CPU "
            f"(budget {BUDGET:.0f} s), {page.stat().st_size / 1e6:.1f} MB"
        )
    return spent > BUDGET


if __name__ == "__main__":
    sys.exit(main())
