"""Publish a study: its comparison, report and manifest into results/published, small enough for the
repository.

    python docs/publish.py                          run what is missing of three_policies, and publish it
    python docs/publish.py --folder results/mine    publish a finished results folder under its study's name

Whoever has the repository repeats it by ``cogov reproduce results/published/three_policies``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from experiments import cli, publishing  # noqa: E402
from experiments.commands import _options as options  # noqa: E402
from experiments.console import megabytes, say  # noqa: E402
from sim.config.errors import UserError  # noqa: E402

STUDY, TARGET = "three_policies", ROOT / "results" / "published"


def main() -> int:
    """An exit code: 0, or what the comparison or the folder said."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="a finished results folder (default: the study is run)")
    parser.add_argument("--to", type=Path, default=TARGET, help="where published folders lie")
    args = parser.parse_args()
    folder = args.folder or ROOT / "results" / STUDY
    if args.folder is None:
        code = cli.main(["compare", STUDY, "--out", str(folder), "--lang", "en"])
        if code:
            return code
    try:
        store = options.opened(folder)
        files = publishing.publish(store, args.to / store.manifest["study"])
    except UserError as error:
        print(error, file=sys.stderr)
        return cli.BAD_INPUT
    say(
        "reproduce.published",
        folder=files[0].parent,
        files=", ".join(path.name for path in files),
        size=megabytes(sum(p.stat().st_size for p in files)),
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
