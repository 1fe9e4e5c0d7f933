"""cogov export: a results folder as CSV, Parquet, Excel or Stata files, with a codebook in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.commands import _options as options
from experiments.console import command, next_steps, say
from sim.config.catalog import text

FORMATS = {"csv": "csv", "parquet": "parquet", "xlsx": "xlsx", "stata": "dta"}
TABLES = ("runs", "series", "grids")
BOOK, LONG = "results.xlsx", "runs_long"


def arguments(parser) -> None:
    parser.add_argument(
        "out", type=options.folder, metavar=text("cli.arg.folder"), help=text("cli.arg.results.help")
    )
    parser.add_argument("--to", choices=tuple(FORMATS), default="csv", help=text("cli.option.to"))
    parser.add_argument("--only", choices=TABLES, help=text("cli.option.only"))
    parser.add_argument("--long", action="store_true", help=text("cli.option.long"))
    parser.add_argument("--partial", action="store_true", help=text("cli.option.partial"))


def run(args) -> int:
    store = options.opened(args.out, args.partial)
    folder = args.out / "export"
    wanted = [args.only] if args.only else ["runs", *(name for name in TABLES if name in store.recorded)]
    if args.only == "runs":  # the others' parts are looked at as they are written
        store.verify()
    with store.writes():
        files, columns = _files(store, folder, wanted, args)
        files += _codebooks(store.manifest, folder, columns)
    say("export.done", folder=folder, files=", ".join(files))
    next_steps(command("report", args.out))
    return 0


def _files(store, folder: Path, wanted: list[str], args) -> tuple[list[str], dict[str, list[str]]]:
    """Write the tables; returns file names and the columns of each table."""
    from experiments.exports import excel, plain
    from experiments.store.kept import claim, write_own

    columns: dict[str, list[str]] = {}

    def pieces(name: str) -> Iterator:
        """A table in pieces, its columns noted as it passes."""
        long = args.long and name == "runs"
        found = store.stream(name)
        for table in plain.long(found) if long else found:
            columns.setdefault(LONG if long else name, table.column_names)
            yield table

    if args.to == "xlsx":
        write_own(folder / BOOK, lambda path: excel.write([(name, pieces(name)) for name in wanted], path))
        return [BOOK], columns
    files = []
    for name in wanted:
        target = folder / f"{LONG if args.long and name == 'runs' else name}.{FORMATS[args.to]}"
        if args.to == "stata":
            files += _stata(
                store.manifest, name, pieces(name), target, args.lang, lambda path: claim(path, listed=True)
            )
            continue
        write = plain.write_csv if args.to == "csv" else plain.write_parquet
        write_own(target, partial(write, pieces(name)))
        files.append(target.name)
    return files, columns


def _stata(manifest: dict, name: str, pieces: Iterator, target: Path, lang: str, claim) -> list[str]:
    """One file, or several of a long table, which is said."""
    from experiments.exports import stata
    from experiments.exports.codebook import entries

    def label(column: str) -> str:
        entry = entries(manifest, {name: [column]}, lang)[0]
        return f"{entry.label} ({entry.unit})" if entry.unit else entry.label

    files = stata.write(
        pieces, target, label, (manifest.get("title") or {}).get(lang) or manifest["study"], claim
    )
    if len(files) > 1:
        say("export.several", name=name, count=len(files))
    return [path.name for path in files]


def _codebooks(manifest: dict, folder: Path, columns: dict[str, list[str]]) -> list[str]:
    """Of the tables written now, and of those that an earlier export left in the folder."""
    from experiments.exports import codebook
    from experiments.store import csv_file
    from experiments.store.kept import write_own

    earlier = {
        table: names
        for table, names in codebook.columns_there(folder / "codebook.csv").items()
        if _is_there(folder, table)
    }
    together = {
        table: {**earlier, **columns}[table]
        for table in (*TABLES, LONG)
        if table in earlier or table in columns
    }
    both = {lang: codebook.entries(manifest, together, lang) for lang in ("en", "zh")}
    for lang, found in both.items():
        write_own(folder / f"codebook.{lang}.md", codebook.markdown(manifest, found, lang))
    csv_file.write(folder / "codebook.csv", codebook.HEAD_CSV, codebook.rows(both["en"], both["zh"]))
    return ["codebook.en.md", "codebook.zh.md", "codebook.csv"]


def _is_there(folder: Path, table: str) -> bool:
    return (folder / BOOK).exists() or any(
        any(folder.glob(f"{table}{middle}.{ending}"))
        for ending in FORMATS.values()
        for middle in ("", "_[0-9]*")
    )
