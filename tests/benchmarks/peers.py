"""Other tools, in environments of their own; some are AGPL or GPL and are never imported beside walkcircle.

Answers are kept by job and input, so that a second look costs nothing; a line made of a kept answer says so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent

#: One thread for all, whatever a tool calls its own.
ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS", "OSMIUM_POOL_THREADS",
    ),
    "1",
)  # fmt: skip

#: Environment → what is installed there. Valhalla's wheels want a newer Python than the others may have.
TOOLS: Mapping[str, Sequence[str]] = {
    "peers": ("numpy", "scipy", "networkx", "igraph", "pandana", "cityseer", "matplotlib"),
    "valhalla": ("numpy", "pyvalhalla"),
    "planners": ("numpy", "spopt", "pulp"),
}
_NEEDS_PYTHON: Mapping[str, tuple[int, int]] = {"peers": (3, 11), "valhalla": (3, 12), "planners": (3, 11)}
#: How the names of jobs begin → their environment, where it is not that of most.
_ENVIRONMENTS: Mapping[str, str] = {"valhalla": "valhalla", "spopt": "planners", "cbc": "planners"}


@dataclass(frozen=True)
class Answer:
    """What a tool answered: its arrays, and whether they were kept from an earlier run."""

    arrays: Mapping[str, NDArray]
    kept: bool

    def __getitem__(self, name: str) -> NDArray:
        """Return an array."""
        return self.arrays[name]

    def seconds(self, *names: str) -> float:
        """Add up seconds of CPU."""
        return sum(float(self.arrays[f"{name}_cpu"]) for name in names)

    @property
    def tool(self) -> str:
        """Name and version, marked when the answer was kept."""
        return f"{self.arrays['version']}{' (kept)' if self.kept else ''}"


@dataclass
class Peers:
    """The environments of the other tools, and where their answers are kept.

    Attributes
    ----------
    folder
        Holds the environments and the answers.
    fresh
        Measure again what was kept by an earlier run.
    missing
        Environment or tool → why it is not there.
    measured
        Answers of this run.
    """

    folder: Path
    fresh: bool = False
    missing: dict[str, str] = field(default_factory=dict)
    measured: set[Path] = field(default_factory=set)

    def prepare(self) -> None:
        """Make the environments that are not there yet; what cannot be installed is noted."""
        for name, packages in TOOLS.items():
            if self.python(name).exists():
                continue
            base = find_python(_NEEDS_PYTHON[name])
            if base is None:
                self.missing[name] = "no Python {}.{} or newer here".format(*_NEEDS_PYTHON[name])
                continue
            subprocess.run([base, "-m", "venv", self.folder / name], check=True)
            for package in packages:
                install = [self.python(name), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", package]
                done = subprocess.run(install, check=False, capture_output=True, text=True)
                if done.returncode:
                    self.missing[package] = (done.stderr.strip().splitlines() or ["not installed"])[-1]

    def python(self, environment: str) -> Path:
        """Return the interpreter of an environment."""
        windows = os.name == "nt"
        return self.folder / environment / ("Scripts/python.exe" if windows else "bin/python")

    def describe(self) -> str:
        """List the tools that are there, with their versions."""
        asked = "import sys, importlib.metadata as m; print(*[f'{n} {m.version(n)}' for n in sys.argv[1:]], sep=', ')"
        found = []
        for name, packages in TOOLS.items():
            if not self.python(name).exists():
                continue
            there = [package for package in packages if package not in self.missing]
            done = subprocess.run([self.python(name), "-c", asked, *there], check=False, capture_output=True, text=True)
            found.append(f"{name}: {done.stdout.strip() or 'unknown'}")
        return "; ".join(found) or "no other tool is installed"

    def ask(
        self, job: str, given: Mapping[str, object], *, keep: bool = True, times: int = 1, most_s: float | None = None
    ) -> Answer | None:
        """Ask a tool in its own process; None, with the reason in `missing`, where it cannot answer.

        Of several `times` the one with the median CPU seconds of the asking counts. What has not answered after
        `most_s` seconds of the clock is ended.
        """
        work = self.folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        asked = work / f"{job}-{digest_of(job, given)}.given.npz"
        kept = asked.with_suffix("").with_suffix(".answer.npz")
        now = kept in self.measured
        if keep and kept.exists() and (now or not self.fresh):
            return Answer(dict(np.load(kept)), kept=not now)
        environment = _ENVIRONMENTS.get(job.split("_", 1)[0], "peers")
        if not self.python(environment).exists():
            self.missing.setdefault(environment, "its environment is not there")
            return None
        np.savez(asked, **given)
        answers = []
        for number in range(times):
            answered = kept.with_name(f"{kept.name.removesuffix('.answer.npz')}-{number}.npz")
            try:
                done = subprocess.run(
                    [self.python(environment), HERE / "peer_jobs.py", job, asked, answered], timeout=most_s,
                    env={**os.environ, **ONE_THREAD, "PYTHONPATH": ""}, check=False, capture_output=True, text=True,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                self.missing[job] = f"{job}: no answer after {most_s:g} s"
                asked.unlink()
                return None
            if done.returncode:
                self.missing[job] = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
                asked.unlink()
                return None
            answers.append(answered)
        asked.unlink()
        answers.sort(key=lambda path: float(dict(np.load(path)).get("ask_cpu", 0.0)))
        answers[len(answers) // 2].replace(kept)
        for path in answers:
            path.unlink(missing_ok=True)
        self.measured.add(kept)
        return Answer(dict(np.load(kept)), kept=False)

    def compile_bucket(self) -> Path | None:
        """Compile the C++ search; None, with the reason in `missing`, where there is no compiler."""
        compiler = next((found for name in ("g++", "clang++", "c++") if (found := shutil.which(name))), None)
        if compiler is None:
            self.missing["C++"] = "no compiler"
            return None
        source = HERE / "bucket.cpp"
        program = self.folder / f"bucket-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
        if not program.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            build = [compiler, "-O3", "-march=native", "-std=c++17", "-o", program, source]
            done = subprocess.run(build, check=False, capture_output=True, text=True)
            if done.returncode:
                self.missing["C++"] = (done.stderr.strip().splitlines() or ["not compiled"])[-1]
                return None
        return program


def find_python(least: tuple[int, int]) -> str | None:
    """Find an interpreter that is new enough: this one, one on the path, or one of pyenv's."""
    if sys.version_info >= least:
        return str(Path(sysconfig.get_config_var("BINDIR")) / Path(sys.executable).name)
    named = [shutil.which(f"python3.{minor}") for minor in range(14, least[1] - 1, -1)]
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python"), reverse=True)
    for found in [*filter(None, named), *map(str, pyenv)]:
        asked = [found, "-c", "import sys; print(*sys.version_info[:2])"]
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
        if done.returncode == 0 and tuple(map(int, done.stdout.split())) >= least:
            return found
    return None


def digest_of(job: str, given: Mapping[str, object]) -> str:
    """Return a short name of a question: the same arrays and the same code of the tool's section, the same name."""
    sections = (HERE / "peer_jobs.py").read_text(encoding="utf-8").split("\n# ── ")
    mine = next(section for section in sections if f"def {job}(" in section)
    digest = hashlib.sha256((sections[0] + mine).encode("utf-8"))
    for name, value in sorted(given.items()):
        array = np.ascontiguousarray(value)
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]
