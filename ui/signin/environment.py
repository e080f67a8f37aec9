"""What we ourselves tell the web engine through the environment, settled before Qt starts."""

import os
from collections.abc import Iterable, MutableMapping

from core.protocol.signin import host_of, origin_of

# A sign-in page needs no graphics hardware. Without it the window is up sooner (0.27 s instead of 1.0 s
# measured offscreen), no driver can leave the page black, and no shader cache is written.
_ENGINE_FLAGS = "--disable-gpu"


def resolver_rules(redirect_uri: str, sign_in_origins: Iterable[str]) -> str:
    """Return the rules under which the redirect address has no host, for the engine's resolver.

    The request interceptor hears of a redirected fetch when the connection is already being made: no
    request follows, but the host is greeted. Without an address there is nobody to greet. A loopback
    redirect on the same address as the sign-in page must stay reachable, and gets no rule.
    """
    host = host_of(origin_of(redirect_uri) or "")
    if not host or ":" in host or host in {host_of(origin) for origin in sign_in_origins}:
        return ""
    return f"MAP {host} ~NOTFOUND, MAP {host}. ~NOTFOUND"


def configure_engine(environ: MutableMapping[str, str], *, rules: str, sandboxed: bool) -> None:
    """Set what we ourselves ask of the engine; after `inherited.clean`, before QApplication exists."""
    flags = f'{_ENGINE_FLAGS} --host-resolver-rules="{rules}"' if rules else _ENGINE_FLAGS
    environ["QTWEBENGINE_CHROMIUM_FLAGS"] = flags
    if not sandboxed:
        environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"


def is_root() -> bool:
    """Tell whether the engine would have to run without its sandbox (it refuses to start one as root)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
