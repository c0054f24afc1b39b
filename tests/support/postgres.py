"""A PostgreSQL server of our own on a free port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
PATIENCE = 60.0


class PostgresServer:
    """A server over a cluster in a folder of its own. It refuses to run as root: then ``postgres`` or ``nobody`` does.

    Attributes:
        address: Of its database.
    """

    def __init__(self, folder: Path) -> None:
        """Make the cluster; nothing runs yet."""
        self._data = folder / "data"
        self._user = _other_user()
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"postgres://dsops@127.0.0.1:{self._port}/postgres"
        self._data.mkdir(mode=0o700)
        if self._user:
            folder.chmod(0o711)  # it has to get there
            os.chown(self._data, self._user.pw_uid, self._user.pw_gid)
        made = self._begin(
            "initdb", "-D", self._data, "-U", "dsops", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        said, _ = made.communicate()
        if made.returncode:
            raise RuntimeError(f"initdb failed: {said.decode()}")

    def start(self) -> None:
        """Run the server and wait until it listens."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": "",
            "max_connections": 60,
            "log_destination": "stderr",
            "logging_collector": "off",
            "fsync": "on",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self._begin("postgres", "-D", self._data, *options, log=self._data.parent / "log")
        deadline = time.monotonic() + PATIENCE
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {(self._data.parent / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End the server: SIGQUIT like a crash, SIGINT without waiting for its clients."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def _ready(self) -> bool:
        done = self._begin("pg_isready", "-h", "127.0.0.1", "-p", self._port)
        done.communicate()
        return done.returncode == 0

    def _begin(self, tool: str, *args: object, log: Path | None = None) -> subprocess.Popen[bytes]:
        user = self._user
        with (log or Path(os.devnull)).open("ab") as sink:
            return subprocess.Popen(
                [_tool(tool), *map(str, args)],
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=[] if user else None,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=sink if log else subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server while the body runs."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = PostgresServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def free_port() -> int:
    """Return a port that is free now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return ports that are free now, none twice."""
    with ExitStack() as open_ones:
        probes = [open_ones.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _other_user() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    versions = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not versions:
        raise RuntimeError(f"{name} of PostgreSQL is needed for this test: apt-get install postgresql")
    return str(versions[-1])
