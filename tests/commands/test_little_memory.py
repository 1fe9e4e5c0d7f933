"""A session that may take too little memory: said at once, before a library waits for memory for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space hold on Linux")
@pytest.mark.parametrize("megabytes", [250, 400, cli.LEAST_MEMORY // 1_000_000 - 1])
def test_too_little_address_space_is_one_line_and_at_once(megabytes, tmp_path):
    """At about 400 MB OpenBLAS used to ask for memory without end."""
    import resource

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000,) * 2)

    done = subprocess.run(
        [sys.executable, "-m", "experiments.cli", "run", "small_community", "--lang", "en"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=limited,
    )
    assert done.returncode == cli.BAD_INPUT and done.stdout == ""
    assert done.stderr.startswith("Error: Not enough memory") and len(done.stderr.splitlines()) == 1
