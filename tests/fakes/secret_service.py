"""A real Secret Service on a bus of its own: Debian's gnome-keyring, unlocked with an empty password."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def secret_service(home: Path) -> Iterator[dict[str, str]]:
    """Yield the environment variables of a session that has a keyring, kept below `home`."""
    places = {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_RUNTIME_DIR": str(home / "run"),
    }
    for place in places.values():
        Path(place).mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = os.environ | places
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with contextlib.ExitStack() as stack:
        stack.callback(_end, bus)
        assert bus.stdout is not None
        address = bus.stdout.readline().decode().strip()
        environment |= {"DBUS_SESSION_BUS_ADDRESS": address}
        keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--components=secrets", "--unlock"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(_end, keyring)
        assert keyring.stdin is not None
        assert keyring.stdout is not None
        keyring.stdin.write(b"\n")
        keyring.stdin.close()
        # It says where its control socket is once it is up and unlocked.
        keyring.stdout.readline()
        yield places | {"DBUS_SESSION_BUS_ADDRESS": address}


def _end(program: "subprocess.Popen[bytes]") -> None:
    program.terminate()
    program.wait(10)
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            pipe.close()
