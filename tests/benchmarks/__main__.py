"""Measure walkcircle against other tools and against its targets: ``python -m tests.benchmarks --help``."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.graphs import SIZES
from tests.benchmarks.peers import ONE_THREAD, Peers

HEADER = (
    "| job | ours | peer | ratio | target | verdict | answers compared |",
    "|---|---|---|---|---|---|---|",
)


def main() -> int:
    """Run the jobs that are asked for, print each line as it is measured, and write the table."""
    options = read_options()
    if any(os.environ.get(name) != "1" for name in ONE_THREAD):  # libraries look when they are imported
        again = [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]]
        return subprocess.run(again, env={**os.environ, **ONE_THREAD}, check=False).returncode
    from tests.benchmarks import jobs, planning_jobs
    from tests.benchmarks.jobs import Bench, Line

    every_job = {**jobs.JOBS, **planning_jobs.JOBS}
    unknown = sorted(set(options.only) - set(every_job))
    if unknown:
        print(f"there is no job {unknown[0]!r}; the jobs are {', '.join(every_job)}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    peers = Peers(options.environments.resolve(), fresh=options.fresh)
    peers.prepare()
    bench = Bench(
        peers, options.size, options.out.resolve(), full=options.full, repeats=options.repeats, scale=options.scale,
        hexagons=options.hexagons,
    )  # fmt: skip
    rows = [*describe_machine(peers), "", *HEADER]
    print("\n".join(rows), flush=True)
    for name in options.only or every_job:
        try:
            for line in every_job[name](bench):
                rows.append(line.to_row())
                print(rows[-1], flush=True)
        except Exception as error:  # noqa: BLE001 - one failed job must not cost an hour of others
            rows.append(Line(name, f"FAILED: {type(error).__name__}: {error}"[:300].replace("\n", " ")).to_row())
            print(rows[-1], flush=True)
    for name, why in peers.missing.items():
        rows += ["", f"{name}: {why}"]
    (options.out / "table.md").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return 0


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="JOB", help="only these jobs")
    parser.add_argument("--size", type=int, default=SIZES[2], help="nodes of the large graph (default %(default)s)")
    parser.add_argument("--full", action="store_true", help="also run a whole city, which takes long")
    parser.add_argument(
        "--hexagons", type=Path, metavar="CSV",
        help="cells of a real town (lon, lat, population), its .osm.pbf beside them, in place of a made-up one",
    )  # fmt: skip
    parser.add_argument("--scale", type=float, default=1.0, help="size of that city (default 1: a million nodes)")
    parser.add_argument("--repeats", type=int, default=3, help="of which the median counts (default %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="ask the other tools again, though their answers are kept")
    parser.add_argument("--out", type=Path, default=Path(".benchmarks/results"), help="folder for table and plot")
    parser.add_argument(
        "--environments", type=Path, default=Path(".benchmarks"), help="folder for the other tools and their answers"
    )
    return parser.parse_args()


def describe_machine(peers: Peers) -> list[str]:
    """Say when, on what, with which versions, and how was measured."""
    from importlib.metadata import version

    tools = ", ".join(f"{name} {version(name)}" for name in ("walkcircle", "numba", "numpy", "shapely", "osmium"))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    how = (
        "One thread for all; medians of seconds of CPU. Others are given nodes numbered along a Hilbert curve, "
        "walkcircle random ones."
    )
    return [f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}, {tools}", "", peers.describe(), "", how]


if __name__ == "__main__":
    sys.exit(main())
