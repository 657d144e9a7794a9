"""A real SLURM of two nodes on one machine: no systemd, no cgroups, loopback only, accounting included.

    python -m tests.slurm.cluster start <new folder>    # then: export SLURM_CONF=<folder>/etc/slurm.conf
    python -m tests.slurm.cluster stop <folder>

Needs root (the names of the nodes go into /etc/hosts) and the packages of ``make test-slurm``. Keep the folder's path
short: it holds unix sockets.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("munged", "mariadbd", "slurmdbd", "slurmctld", "slurmd", "sbatch")
NODES = ("node1", "node2")
HOSTS = Path("/etc/hosts")
_MARK = "# slurm of the tests"
_PORT = 26817  # outside of 15000-24999, from which Lightning takes MASTER_PORT

_SLURM = """
ClusterName=tests
SlurmctldHost={host}({address})
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5,socket={folder}/run/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=500
SlurmdParameters=config_overrides
SlurmctldParameters=preempt_send_user_signal
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
KillWait=5
SlurmdTimeout=10
SlurmctldTimeout=10
UnkillableStepTimeout=20
PropagateResourceLimits=NONE
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost={address}
AccountingStoragePort={database_port}
AccountingStoragePass={folder}/run/munge.socket
NodeName=node1 NodeHostname={host} NodeAddr={address} Port={node1_port} CPUs=8 RealMemory=8000 State=UNKNOWN
NodeName=node2 NodeHostname={host} NodeAddr={address} Port={node2_port} CPUs=8 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=node[1-2] Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=20
PartitionName=high Nodes=node[1-2] MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""

_DATABASE = """
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.socket
DbdHost={host}
DbdAddr={address}
DbdPort={database_port}
SlurmUser=root
CommunicationParameters=NoInAddrAny
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadb_port}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm_acct_db
LogFile={folder}/log/slurmdbd.log
PidFile={folder}/run/slurmdbd.pid
"""

_USERS = """
CREATE DATABASE IF NOT EXISTS slurm_acct_db;
CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1';
"""


def missing() -> list[str]:
    """Programs that are not installed."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return [program for program in PROGRAMS if shutil.which(program, path=path) is None]


def until(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Waits.

    Raises:
        TimeoutError: names what did not happen.
    """
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)


def listening(address: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def alive(process: int) -> bool:
    """Whether it lives; a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Cluster:
    """The daemons that live in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        host = socket.gethostname().split(".")[0]
        names = ("port", "node1_port", "node2_port", "database_port", "mariadb_port")
        self.values: dict[str, object] = {
            "folder": folder,
            "host": host,
            "address": socket.gethostbyname(host),
            "password": secrets.token_hex(16),
            **{name: _PORT + number for number, name in enumerate(names)},
        }
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SBATCH_", "SRUN_"))}
        self.environment["SLURM_CONF"] = str(folder / "etc/slurm.conf")
        self.environment["PATH"] += ":/usr/sbin:/sbin"

    def run(self, *command: str) -> str:
        """The output of a command, one of SLURM's most of the time."""
        return subprocess.run(command, env=self.environment, text=True, capture_output=True, check=True).stdout.strip()

    # Start

    def start(self) -> None:
        try:
            self._write_configuration()
            self._start_munge()
            self._start_database()
            self.run("slurmctld")
            for node in NODES:
                self.start_node(node)
            until(self.idle, "two idle nodes")
            self.run("sacctmgr", "-i", "add", "account", "lab")
            self.run("sacctmgr", "-i", "add", "user", "root", "account=lab")
        except BaseException:
            self.stop()
            raise

    def idle(self) -> bool:
        """Whether both nodes wait for jobs; not while the controller is still starting."""
        command = ["sinfo", "-h", "-p", "main", "-o", "%T %D"]
        answer = subprocess.run(command, env=self.environment, text=True, capture_output=True, check=False)
        return answer.stdout.strip() == "idle 2"

    def start_node(self, node: str) -> None:
        self.run("slurmd", "-N", node)

    def _write_configuration(self) -> None:
        for name in ("etc", "run", "log", "state", "spool", "db"):
            (self.folder / name).mkdir(parents=True)
        os.umask(0o022)
        self._write("etc/slurm.conf", _SLURM)
        self._write("etc/slurmdbd.conf", _DATABASE, secret=True)
        self._write("etc/users.sql", _USERS, secret=True)
        (self.folder / "etc/munge.key").write_bytes(secrets.token_bytes(128))
        (self.folder / "etc/munge.key").chmod(0o600)
        if _MARK not in HOSTS.read_text():  # Lightning takes the name of the first node as MASTER_ADDR
            with HOSTS.open("a") as file:
                file.write(f"{self.values['address']} {' '.join(NODES)} {_MARK}\n")

    def _write(self, name: str, template: str, secret: bool = False) -> None:
        path = self.folder / name
        path.touch(mode=0o600 if secret else 0o644)
        path.write_text(template.format(**self.values))

    def _start_munge(self) -> None:
        at = self.folder
        files = {"key-file": "etc/munge.key", "socket": "run/munge.socket", "pid-file": "run/munged.pid"}
        files |= {"log-file": "log/munged.log", "seed-file": "run/munged.seed"}
        self.run("munged", "--force", "--num-threads=2", *(f"--{key}={at / value}" for key, value in files.items()))

    def _start_database(self) -> None:
        data, port = self.folder / "db", int(str(self.values["mariadb_port"]))
        common = ("--no-defaults", "--user=root", f"--datadir={data}")
        self.run("mariadb-install-db", *common, "--auth-root-authentication-method=socket", "--skip-test-db")
        command = ["mariadbd", *common, "--bind-address=127.0.0.1", f"--port={port}", "--skip-name-resolve"]
        command += [f"--socket={self.folder}/run/mysql.sock", f"--pid-file={self.folder}/run/mariadbd.pid"]
        command += [f"--init-file={self.folder}/etc/users.sql", "--skip-log-bin", "--innodb-buffer-pool-size=64M"]
        command += ["--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=0"]
        with (self.folder / "log/mariadb.log").open("w") as log:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        until(lambda: listening("127.0.0.1", port), "mariadbd")
        self.run("slurmdbd")  # reads slurmdbd.conf beside $SLURM_CONF
        address, port = str(self.values["address"]), int(str(self.values["database_port"]))
        until(lambda: listening(address, port), "slurmdbd")

    # Stop

    def process(self, daemon: str) -> int | None:
        """The id of a daemon that lives, e.g. of ``slurmd-node1``."""
        file = self.folder / "run" / f"{daemon}.pid"
        number = int(file.read_text()) if file.is_file() and file.read_text().strip() else 0
        return number if number and alive(number) else None

    def stop(self) -> None:
        if self.process("slurmctld"):
            subprocess.run(["scancel", "-u", "root"], env=self.environment, timeout=10, check=False)
            try:
                until(lambda: not self.run("squeue", "-h"), "an empty queue", 20)
            except (TimeoutError, subprocess.CalledProcessError) as error:
                print(f"{error}; the jobs are killed.", file=sys.stderr)
        for node in NODES:
            self.kill_node(node)
        for daemon in ("slurmctld", "slurmdbd", "mariadbd", "munged"):
            if number := self.process(daemon):
                os.kill(number, signal.SIGTERM)
                try:
                    until(lambda number=number: not alive(number), daemon, 15)
                except TimeoutError:
                    os.kill(number, signal.SIGKILL)
        lines = [line for line in HOSTS.read_text().splitlines() if not line.endswith(_MARK)]
        HOSTS.write_text("\n".join(lines) + "\n")

    def kill_node(self, node: str) -> None:
        """What a power failure does: ends its daemon and all that runs there, without a word to the others."""
        if number := self.process(f"slurmd-{node}"):
            os.kill(number, signal.SIGKILL)
        there = {f"SLURM_CONF={self.environment['SLURM_CONF']}", f"SLURMD_NODENAME={node}"}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                variables = (folder / "environ").read_text(errors="replace").split("\0")
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if there <= set(variables):
                    if Path(f"/proc/{parent}/comm").read_text().strip() == "slurmstepd":
                        os.kill(int(parent), signal.SIGKILL)
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:  # it has ended meanwhile
                continue


def main() -> None:
    verb, folder = sys.argv[1:]
    {"start": Cluster(Path(folder)).start, "stop": Cluster(Path(folder)).stop}[verb]()


if __name__ == "__main__":
    main()
