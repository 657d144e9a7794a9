"""A cluster for the tests of this folder; they are skipped, with the reason, where it cannot be had."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster, missing


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    if programs := missing():
        pytest.skip(f"no SLURM on this machine ({', '.join(programs)}); make test-slurm installs it")
    if os.getuid() != 0:
        pytest.skip("the cluster of the tests needs root, to name its nodes in /etc/hosts")
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))  # unix sockets need a short path
    cluster = Cluster(folder / "cluster")
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)
