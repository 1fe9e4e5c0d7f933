"""cogov export: a results folder as CSV files that Excel, R and Stata open."""
from __future__ import annotations

from pathlib import Path

from experiments.console import next_steps, say
from experiments.files import replace_with
from experiments.verbs import _options as options
from sim.texts import text

BOM = b"\xef\xbb\xbf"


def arguments(parser) -> None:
    parser.add_argument("out", type=Path, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help"))
    parser.add_argument("--to", choices=("csv",), default="csv", help=text("cli.option.to"))


def run(args) -> int:
    store = options.opened(args.out)
    folder = args.out / "export"
    for name in ("runs", "series", "grids"):
        _write(getattr(store, name)(), folder / f"{name}.csv")
    say("export.done", folder=folder, files="runs.csv, series.csv, grids.csv")
    next_steps(f"cogov report {args.out}")
    return 0


def _write(table, target: Path) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    columns = [pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column for column in table.columns]
    table = pa.table(columns, names=table.column_names)  # what was not measured is an empty cell, not the word nan

    def fill(path: Path) -> None:
        with path.open("wb") as out:
            out.write(BOM)
            csv.write_csv(table, out)

    replace_with(target, fill)
