"""cogov export: a results folder as CSV, Parquet, Excel or Stata files, with a codebook in both languages."""
from __future__ import annotations

from pathlib import Path

from experiments.console import command, next_steps, say
from experiments.verbs import _options as options
from sim.texts import text

FORMATS = {"csv": "csv", "parquet": "parquet", "xlsx": "xlsx", "stata": "dta"}
TABLES = ("runs", "series", "grids")


def arguments(parser) -> None:
    parser.add_argument("out", type=Path, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help"))
    parser.add_argument("--to", choices=tuple(FORMATS), default="csv", help=text("cli.option.to"))
    parser.add_argument("--only", choices=TABLES, help=text("cli.option.only"))
    parser.add_argument("--long", action="store_true", help=text("cli.option.long"))


def run(args) -> int:
    store = options.opened(args.out)
    folder = args.out / "export"
    wanted = [args.only] if args.only else ["runs", *(name for name in TABLES if name in store.recorded)]
    with store.writes():
        files, columns = _files(store, folder, wanted, args)
        files += _codebooks(store.manifest, folder, columns)
    say("export.done", folder=folder, files=", ".join(files))
    next_steps(command("report", args.out))
    return 0


def _files(store, folder: Path, wanted: list[str], args) -> tuple[list[str], dict[str, list[str]]]:
    """Write the tables; returns file names and the columns of each table."""
    from experiments.exports import excel, plain

    columns: dict[str, list[str]] = {}

    def pieces(name: str):
        """A table in pieces, its columns noted as it passes."""
        found = store.stream(name)
        for table in plain.long(found) if args.long and name == "runs" else found:
            columns.setdefault("runs_long" if args.long and name == "runs" else name, table.column_names)
            yield table

    if args.to == "xlsx":
        excel.write([(name, pieces(name)) for name in wanted], folder / "results.xlsx")
        return ["results.xlsx"], columns
    files = []
    for name in wanted:
        target = folder / f"{name}{'_long' if args.long and name == 'runs' else ''}.{FORMATS[args.to]}"
        if args.to == "stata":
            _stata(store, name, pieces(name), target, args)
        else:
            (plain.write_csv if args.to == "csv" else plain.write_parquet)(pieces(name), target)
        files.append(target.name)
    return files, columns


def _stata(store, name: str, pieces, target: Path, args) -> None:
    from experiments.exports import stata
    from experiments.exports.codebook import entries

    def words():
        for path in store.parts(name):
            import pyarrow.parquet as pq

            here = [c for c in ("run_id", "arm", "status", "error") if c in pq.read_schema(path).names]
            table = store.read(path, here)
            if table is not None:
                yield table

    widths = stata.widths({"outcome": 64}, words())
    manifest = store.manifest

    def label(column: str) -> str:
        entry = entries(manifest, {name: [column]}, args.lang)[0]
        return f"{entry.label} ({entry.unit})" if entry.unit else entry.label

    stata.write(pieces, target, widths, label, (manifest.get("title") or {}).get(args.lang) or manifest["study"])


def _codebooks(manifest: dict, folder: Path, columns: dict[str, list[str]]) -> list[str]:
    from experiments.exports import codebook
    from experiments.files import write_text

    both = {lang: codebook.entries(manifest, columns, lang) for lang in ("en", "zh")}
    for lang, found in both.items():
        write_text(folder / f"codebook.{lang}.md", codebook.markdown(manifest, found, lang))
    write_text(folder / "codebook.csv", codebook.as_csv(both["en"], both["zh"]), encoding="utf-8-sig")
    return ["codebook.en.md", "codebook.zh.md", "codebook.csv"]
