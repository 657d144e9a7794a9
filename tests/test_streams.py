"""A process whose output nobody reads to its end; see also tests/test_errors.py."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_training_outlives_who_reads_its_output(unbuffered: str) -> None:
    code = """
import sys
from vidgan.streams import outlive_readers

outlive_readers()
for _ in range(9999):
    print("a")
    print("b", file=sys.stderr)
sys.stdout.flush()
sys.exit(7)
"""
    reader, writer = os.pipe()
    os.close(reader)
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([sys.executable, "-c", code.lstrip()], stdout=writer, stderr=writer, env=env, check=False)
    os.close(writer)
    assert done.returncode == 7


def test_what_is_read_is_whole() -> None:
    code = "import sys; from vidgan.streams import outlive_readers; print('a', end=''); outlive_readers()\n"
    code += "print('é'); print('b', file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, f"aé{os.linesep}", f"b{os.linesep}".encode())
