"""`python -m token_proxy`: read the configuration or refuse, then serve."""

import argparse
import asyncio
import os
import sys
from dataclasses import replace
from typing import NoReturn

from token_proxy.config import FILE_VARIABLE, PREFIX, Config, ConfigInvalid, load
from token_proxy.logs import start_logging

NOT_STARTED = 2


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:  # noqa: ARG002
        # The library's message repeats the argument, and the argument may be a secret put in the wrong place.
        self.exit(
            NOT_STARTED, "token_proxy: unknown or wrong argument; see --help. Settings are never arguments.\n"
        )


def main(arguments: list[str]) -> int:
    """Run the proxy; return the exit code."""
    parser = _Arguments(
        prog="python -m token_proxy",
        description="Exchanges authorization codes for tokens at one configured broker.",
        epilog=f"Configured by {FILE_VARIABLE} (a TOML file) or {PREFIX}* variables; see README.md.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--port", type=int, choices=range(65536), metavar="N", help="listen on this port instead"
    )
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="stop when standard input ends (for a child process)"
    )
    chosen = parser.parse_args(arguments)
    try:
        config = load(os.environ)
    except ConfigInvalid as refusal:
        sys.stderr.write(f"token_proxy does not start: {refusal}\n")
        return NOT_STARTED
    if chosen.port is not None:
        config = replace(config, bind=config.bind._replace(port=chosen.port))
    start_logging(config.log_level)
    return _run(config, exit_with_parent=chosen.exit_with_parent)


def _run(config: Config, *, exit_with_parent: bool) -> int:
    # Imported late, when the variable is gone: the HTTP library makes TLS contexts as it is imported, and
    # each would write the keys of its connections to the file that the variable names.
    os.environ.pop("SSLKEYLOGFILE", None)
    from token_proxy.connections import Limits
    from token_proxy.serve import serve

    try:
        asyncio.run(serve(config, limits=Limits(), exit_with_parent=exit_with_parent))
    except OSError as error:
        sys.stderr.write(
            f"token_proxy does not start: cannot listen on {config.bind.host}: {error.strerror}\n"
        )
        return NOT_STARTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
