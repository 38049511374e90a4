"""Survival models at the size of a region: CPU time and memory of `ot_eval`, beside R's survival and lifelines.

    python benchmarks/survival.py [--rounds 3] [--scale 1.0]

Makes invented people once (whole days 1-730, two causes, 9 coefficients, 560 patterns, 200 teams), writes them as
binary columns, and runs every task in a process of its own, the engines taking turns, `--rounds` times. Times are
CPU time of the call alone with the data already loaded, medians over rounds; calls under 3 s are warmed up once,
those under half a second repeated seven times. Ours includes reading, checking and counting. R is used where
`Rscript` with survival is installed. Prints a table with the ratios, how far the numbers of the engines differ, our
peak memory (everything: Python, libraries, data), and how many passes over one column our call costs. It is never a
test: times depend on the machine; read ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from ot_eval.models.about import About
from ot_eval.models.bootstrap import bootstrap_restricted_mean
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.cox import split_exposure
from ot_eval.models.cox_fit import CoxModel, fit

SEED = 20260401
TERMS = ("b0", "b1", "b2", "b3", "five", "age")
ABOUT = About(population="everyone", outcome="increase")
MILLION, FIFTH, STUDY = 1_000_000, 200_000, 20_000
# task, people, peers, aim for each peer (times faster)
TASKS = (
    ("cox", MILLION, {"R": 20, "lifelines": 8}),
    ("cox_cluster", MILLION, {"R": 8}),
    ("tv_cluster", MILLION, {"R": 6}),
    ("tv_cluster", FIFTH, {"lifelines": 100}),
    ("aalen_johansen", STUDY, {"R": 100, "lifelines": 500}),
    ("fine_gray", STUDY, {"R": 300}),
    ("restricted_mean", MILLION, {"R": 0.2}),
)
LONG, SHORT, REPEATS = 3.0, 0.5, 7  # seconds, seconds: a short call is repeated and its median taken
WORDS = np.array(["none", "increase", "death"])


def people(n: int) -> pd.DataFrame:
    """Invent people: 32 % increases, 12 % deaths or so, the rest censored; teams differ."""
    rng = np.random.default_rng(SEED)
    frame = pd.DataFrame({"person_id": np.arange(n), "five": rng.integers(0, 5, n), "age": rng.integers(0, 7, n)})
    for name in ("b0", "b1", "b2", "b3"):
        frame[name] = rng.integers(0, 2, n)
    frame["team"] = rng.integers(0, 200, n)
    level = rng.normal(0, 0.2, 200)[frame["team"]]
    rate = 0.0008 * np.exp(0.3 * frame["b0"] - 0.2 * frame["b1"] + 0.1 * frame["five"] + 0.05 * frame["age"] + level)
    times = np.stack([rng.uniform(200, 1500, n), rng.exponential(1 / rate), rng.exponential(1 / 0.0003, n)])
    frame["exit_day"] = np.ceil(np.minimum(times.min(axis=0), 730)).astype(np.int64).clip(1)
    frame["event"] = np.where(times.min(axis=0) > 730, 0, times.argmin(axis=0))
    frame["ot_day"] = np.where(rng.random(n) < 0.6, rng.integers(1, 400, n), np.nan)
    return frame


def write(folder: Path, n: int) -> None:
    """Write people, and their start and stop rows, as columns of 32-bit integers."""
    frame = people(n)
    for name in frame.columns.drop("ot_day"):
        frame[name].to_numpy(dtype=np.int32).tofile(folder / f"{name}.i32")
    rows = split_exposure(in_words(frame))
    rows["event"] = pd.Categorical(rows["event"], WORDS).codes
    rows["ot"] = rows["ot"].cat.codes
    for name in rows.columns:
        rows[name].astype(np.int32).to_numpy().tofile(folder / f"rows_{name}.i32")


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Events in words, as the toolkit wants them."""
    return frame.assign(event=pd.Categorical.from_codes(frame["event"], WORDS), five=frame["five"].astype("category"))


def read(folder: Path, task: str) -> pd.DataFrame:
    """Read the columns a task needs."""
    part = "rows_" if task.startswith("tv") else ""
    names = ["exit_day", "event", *TERMS, "team", "person_id", *(["entry_day", "ot"] if part else [])]
    return pd.DataFrame({name: np.fromfile(folder / f"{part}{name}.i32", dtype=np.int32) for name in names})


def ours(frame: pd.DataFrame, task: str):
    """Return the call and what it finds."""
    frame = in_words(frame)
    models = {
        "cox": CoxModel(cause="increase", terms=TERMS),
        "cox_cluster": CoxModel(cause="increase", terms=TERMS, cluster="team"),
        "tv_cluster": CoxModel(cause="increase", terms=("ot", *TERMS), cluster="person_id"),
        "fine_gray": CoxModel(cause="increase", terms=TERMS, subdistribution=True),
    }
    if task in models:
        return lambda: fit(frame, models[task]), _coefficients
    if task == "aalen_johansen":
        return lambda: cumulative_incidence(frame, cause="increase", about=ABOUT, scale="plain")[0], _at_365
    rng = np.random.default_rng(SEED)
    return lambda: bootstrap_restricted_mean(frame, horizon=365, by="b0", about=ABOUT, rng=rng), lambda e: [e.value]


def _coefficients(fitted) -> list[float]:
    plain = 1.0 if fitted.clusters is None else fitted.clusters.correction**0.5
    return [*fitted.beta.tolist(), *(fitted.se / plain).tolist()]


def _at_365(curve) -> list[float]:
    return [curve.value[365], (curve.upper[365] - curve.lower[365]) / 2 / ABOUT.critical()]


def lifelines_call(frame: pd.DataFrame, task: str):
    """Return lifelines' call on the same people, covariates as numbers."""
    from lifelines import AalenJohansenFitter, CoxPHFitter, CoxTimeVaryingFitter

    dummies = pd.get_dummies(frame["five"].astype("category"), prefix="five", drop_first=True).astype(float)
    table = pd.concat([frame[["b0", "b1", "b2", "b3"]].astype(float), dummies, frame[["age"]].astype(float)], axis=1)
    table["T"], table["E"] = frame["exit_day"].astype(float), frame["event"] == 1
    if task == "cox":
        return lambda: CoxPHFitter().fit(table, "T", "E"), lambda f: [*f.params_, *f.standard_errors_]
    if task == "aalen_johansen":
        return lambda: AalenJohansenFitter().fit(frame["exit_day"], frame["event"], 1), lambda f: [
            float(f.cumulative_density_.loc[:365].iloc[-1, 0]),
            float(f.variance_.loc[:365].iloc[-1]) ** 0.5,
        ]
    table.insert(0, "ot", frame["ot"].astype(float))
    table["start"], table["id"] = frame["entry_day"].astype(float), frame["person_id"]
    return lambda: CoxTimeVaryingFitter().fit(
        table, id_col="id", event_col="E", start_col="start", stop_col="T"
    ), lambda f: [
        *f.params_,
        *f.standard_errors_,
    ]


def peak_mib() -> float:
    """Return the largest resident size of this process (getrusage would count its parent's as its own)."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(call):
    """Return what `call` returns and its CPU seconds."""
    begin = time.process_time()
    value = call()
    return value, time.process_time() - begin


def worker(folder: Path, engine: str, task: str) -> None:
    """Run one task in this process and print its CPU time, its numbers and the peak memory."""
    warnings.simplefilter("ignore")
    frame = read(folder, task)
    call, found = (ours if engine == "ours" else lifelines_call)(frame, task)
    key = frame["exit_day"].to_numpy(dtype=np.int64)
    value, spent = timed(call)
    if spent < LONG:
        again = []
        for _ in range(REPEATS if spent < SHORT else 1):
            value = None  # one result must not count in the peak of the next
            value, spent = timed(call)
            again.append(spent)
        spent = float(np.median(again))
    passes = []
    for _ in range(5):
        begin = time.process_time()
        np.bincount(key)
        passes.append(time.process_time() - begin)
    peak = peak_mib()
    print(
        json.dumps({"ms": 1000 * spent, "found": found(value), "mib": peak, "pass_ms": 1000 * float(np.median(passes))})
    )


def run(command: list[str]) -> dict[str, object]:
    """Run one process and read the JSON on its last line."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def commands(folder: Path, task: str, peers: list[str]) -> dict[str, list[str]]:
    """Return the command of every engine that is there."""
    me = [sys.executable, __file__, "--folder", str(folder), "--task", task, "--engine"]
    found = {"ours": [*me, "ours"]}
    if "R" in peers and shutil.which("Rscript"):
        found["R"] = ["Rscript", str(Path(__file__).with_suffix(".R")), str(folder), task]
    if "lifelines" in peers:
        found["lifelines"] = [*me, "lifelines"]
    return found


def compare(folder: Path, task: str, n: int, aims: dict[str, float], rounds: int) -> list[str]:
    """Run one task with every engine in turn and return the lines of the table."""
    engines = commands(folder, task, list(aims))
    seen: dict[str, list[dict[str, object]]] = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine, command in engines.items():
            seen[engine].append(run(command))
    cost = {engine: float(np.median([one["ms"] for one in found])) for engine, found in seen.items()}
    mine = seen["ours"][0]
    passes = cost["ours"] / float(np.median([one["pass_ms"] for one in seen["ours"]]))
    lines = []
    for peer, aim in aims.items():
        if peer not in cost:
            lines.append(f"| {task} | {n:,} | {peer} | not installed | | | | | |")
            continue
        off = np.abs(np.array(mine["found"]) - np.array(seen[peer][0]["found"], dtype=float))
        half = len(off) // 2 if len(off) > 2 else len(off)
        ratio = cost[peer] / cost["ours"]
        verdict = "yes" if ratio >= aim else "no"
        label = seen[peer][0].get("label", peer)
        lines.append(
            f"| {task} | {n:,} | {label} | {cost[peer]:,.1f} | {cost['ours']:,.1f} | {ratio:,.1f} | {aim:g} | "
            f"{verdict} | {off[:half].max():.1e} | {passes:,.0f} | {mine['mib']:,.0f} |"
        )
    return lines


def main() -> None:
    """Parse the arguments, make the people, run every task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the people; 0.01 shows that it runs")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--task")
    parser.add_argument("--engine")
    asked = parser.parse_args()
    if asked.engine:
        worker(asked.folder, asked.engine, asked.task)
        return
    print("| task | people | peer | peer ms | ours ms | times faster | aim | met | largest difference | passes | MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        for size in sorted({n for _, n, _ in TASKS}, reverse=True):
            folder = Path(temporary) / str(size)
            folder.mkdir()
            n = max(int(size * asked.scale), 2_000)
            write(folder, n)
            for task, wanted, aims in TASKS:
                if wanted == size:
                    print("\n".join(compare(folder, task, n, aims, asked.rounds)), flush=True)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
