"""Client Level Data at the size of a nation: time and memory of `ot_eval`, beside the same rules in plain pandas.

    python benchmarks/cld.py [--folder DIR] [--millions 1 3 10] [--slice 1]

Makes an invented council (or as many as are needed) as twelve quarterly Parquet files, and runs each size in a process
of its own: read, merge the history, derive episodes, packages, changes, follow-up and ASCOF 2A. Prints wall time, peak
memory and the ratio to `cld_pandas.py` on a slice that both can hold, measured in the same run. It is never a test:
times depend on the machine.

Aims: below 4 GiB at 10 million rows; time grows no faster than linearly; at least 10 times faster than plain pandas.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ot_eval.data import synthetic
from ot_eval.data.synthetic_council import Council
from ot_eval.data.synthetic_files import make_sheet, sheet_columns

PEOPLE = 11_000  # in one block; about 0.33 million rows over twelve files
SEED = 20260401
NHS_NUMBERS = 10_000_000  # those that start with 999
MEMORY_AIM, SPEED_AIM, SLACK = 4.0, 10.0, 1.15  # GiB; times; how far above a straight line counts as linear


def block(number: int) -> list[tuple[str, pa.Table]]:
    """One block of people as (file name, rows) for each quarter; people of different blocks have different ids."""
    council = Council(people=PEOPLE, style="overwritten" if number % 2 else "recut")
    drawn, rng = synthetic.draw_council(council, SEED + number)
    p = drawn.people
    order = (p["la_number"] - 2_000_001) // 3 + number * PEOPLE
    p["la_number"] = 2_000_001 + order * 3
    p["nhs"] = 9_990_000_000 + (order * 9_973 + 12_345) % NHS_NUMBERS
    rows = synthetic.council_rows(drawn, council, rng)
    sheets = (make_sheet(rows, p, drawn.providers, council, k, d) for k, d in enumerate(council.file_ends))
    return [(Path(s.name).with_suffix(".parquet").name, pa.table(sheet_columns(s))) for s in sheets]


def make_files(folder: Path, sizes: dict[str, float]) -> dict[str, int]:
    """Write every size as `folder/<name>/cld/*.parquet`, whole blocks until the size is reached; return the rows."""
    writers: dict[tuple[str, str], pq.ParquetWriter] = {}
    rows = dict.fromkeys(sizes, 0)
    number = 0
    while any(rows[name] < wanted for name, wanted in sizes.items()):
        tables = block(number)
        for name in [n for n, wanted in sizes.items() if rows[n] < wanted]:
            for file, table in tables:
                path = folder / name / "cld" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                if (name, file) not in writers:
                    writers[name, file] = pq.ParquetWriter(path, table.schema, compression="zstd")
                writers[name, file].write_table(table)
                rows[name] += table.num_rows
        number += 1
    for writer in writers.values():
        writer.close()
    return rows


def run_ot_eval(folder: Path) -> dict:
    """Every stage in this process, with its time."""
    from ot_eval.base.protocol import Protocol
    from ot_eval.base.study import StudyFolder
    from ot_eval.data.read import read_study
    from ot_eval.derive.ascof import ascof_2a
    from ot_eval.derive.assemble import assemble
    from ot_eval.derive.changes import package_changes
    from ot_eval.derive.follow_up import follow_up

    protocol = Protocol(study="benchmark", title="Benchmark", question="How fast, and in how much memory?")
    clock, stages = time.perf_counter(), {}

    def lap(name: str) -> None:
        nonlocal clock
        stages[name], clock = time.perf_counter() - clock, time.perf_counter()

    places = StudyFolder(data=folder, work=folder / "work", reports=folder / "reports")
    inputs = read_study(places, protocol, key=bytes(32))
    lap("read")
    tables = assemble(inputs, protocol)
    lap("episodes, packages")
    followed = follow_up(tables, protocol)
    lap("follow-up")
    changes = folder / "package_changes.parquet"
    package_changes(tables, protocol).to_parquet(changes)
    lap("changes")
    measure = ascof_2a(tables, protocol)
    lap("ASCOF 2A")
    return {
        "stages": stages,
        "followed": len(followed.frame),
        "increases": int((followed.frame["event"] == "increase").sum()),
        "changes": pq.ParquetFile(changes).metadata.num_rows,
        "2A": f"{measure.numerator}/{measure.denominator}",
    }


def run_pandas(folder: Path) -> dict:
    """The same rules in plain pandas (package changes are not listed by kind there)."""
    sys.path.insert(0, str(Path(__file__).parent))
    import cld_pandas as peer

    clock, stages = time.perf_counter(), {}
    rows = peer.read_folder(folder / "cld")
    stages["read"], clock = time.perf_counter() - clock, time.perf_counter()
    answers = peer.analyse(rows, peer.Rules(), "overwritten")
    stages["everything else"] = time.perf_counter() - clock
    return {
        "stages": stages,
        "followed": len(answers.follow_up),
        "increases": sum(f["kind"] == "increase" for f in answers.follow_up),
        "changes": None,
        "2A": f"{answers.ascof_2a['numerator']}/{answers.ascof_2a['denominator']}",
    }


def measured(engine: str, folder: Path) -> dict:
    """Run one engine on one folder in a process of its own; add wall time (s) and peak memory (GiB)."""
    command = [sys.executable, __file__, "--run", engine, "--folder", str(folder)]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{engine} failed on {folder.name}:\n{done.stderr[-3000:]}")
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": time.perf_counter() - begin}


def one(engine: str, folder: Path) -> None:
    """Run in this process, and print the result as one line of JSON."""
    found = {"ot_eval": run_ot_eval, "pandas": run_pandas}[engine](folder)
    used = resource.getrusage(resource.RUSAGE_SELF)
    found |= {"peak": used.ru_maxrss / 2**20, "cpu": used.ru_utime + used.ru_stime}
    print(json.dumps(found))


def line(name: str, rows: int, r: dict) -> str:
    """One row of the printed table."""
    stages = ", ".join(f"{k} {v:.1f}" for k, v in r["stages"].items())
    return (
        f"{name:<16}{rows / 1e6:>8.2f}{r['wall']:>9.1f}{r['cpu']:>9.1f}{r['wall'] / rows * 1e6:>10.1f}{r['peak']:>9.2f}"
        f"{r['followed']:>10}{r['increases']:>10}{r['2A']:>14}   {stages}"
    )


def compare(rows: dict[str, int], results: dict[str, dict], slow: dict) -> None:
    """Print the table and the ratios against the aims."""
    widths = {"M rows": 8, "wall s": 9, "cpu s": 9, "s per M": 10, "GiB": 9, "followed": 10, "increases": 10, "2A": 14}
    print(f"{'engine':<16}" + "".join(f"{name:>{width}}" for name, width in widths.items()) + "   stages, s")
    for name, result in results.items():
        print(line("ot_eval", rows[name], result))
    print(line("plain pandas", rows["slice"], slow))
    big = max((n for n in results if n != "slice"), key=rows.__getitem__, default="slice")
    small = min((n for n in results if n != "slice"), key=rows.__getitem__, default="slice")
    growth = (results[big]["wall"] / results[small]["wall"]) / (rows[big] / rows[small])
    fast = results["slice"]
    later = [sum(v for k, v in r["stages"].items() if k != "read") for r in (slow, fast)]
    print(f"peak memory at {rows[big] / 1e6:.1f} M rows: {results[big]['peak']:.2f} GiB (aim below {MEMORY_AIM})")
    print(f"time against a straight line from {rows[small] / 1e6:.1f} M rows: {growth:.2f} (aim at most {SLACK})")
    print(f"plain pandas takes {slow['wall'] / fast['wall']:.1f} times as long (aim {SPEED_AIM})")
    print(f"  after reading (which here also checks and makes pseudonyms): {later[0] / later[1]:.1f} times")
    print(f"  in processor time: {slow['cpu'] / fast['cpu']:.1f} times")
    same = all(slow[k] == fast[k] for k in ("followed", "2A"))
    print(f"both follow the same number of people and give the same 2A: {same}")


def main() -> None:
    """Make the data, run everything, print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folder", type=Path, help="where the files go (kept); default: a folder that is removed")
    options.add_argument("--millions", type=float, nargs="+", default=[1, 3, 10])
    options.add_argument("--slice", type=float, default=1, help="million rows that both engines are run on")
    options.add_argument("--run", choices=("ot_eval", "pandas"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.run:
        one(given.run, given.folder)
        return
    folder = given.folder or Path(tempfile.mkdtemp(prefix="cld-benchmark-"))
    try:
        begin = time.perf_counter()
        sizes = {"slice": given.slice * 1e6} | {f"{m:g}M": m * 1e6 for m in given.millions}
        rows = make_files(folder, sizes)
        print(f"{sum(rows.values()):,} rows written in {time.perf_counter() - begin:.0f} s, numpy {np.__version__}")
        results = {name: measured("ot_eval", folder / name) for name in sizes}
        compare(rows, results, measured("pandas", folder / "slice"))
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
