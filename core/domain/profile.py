"""A connection profile: everything the program must know about one broker or partner."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from core.domain.environment import Coverage, Environment

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    """Whether `url` names a literal loopback address (RFC 8252 section 8.3 advises against `localhost`)."""
    try:
        return urlsplit(url).hostname in LOOPBACK_HOSTS
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Base addresses of one environment, without `/v2`; the stream's address is whole."""

    trading_url: str
    stream_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionProfile:
    """One broker or partner to connect to. Built only by `core.store.profiles`, which checks every value.

    The streams of coins and of options are whole addresses, empty where the profile names none.
    """

    name: str
    authorize_url: str
    sign_in_origins: tuple[str, ...]
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    coverage: Coverage
    proxy_url: str
    endpoints: dict[Environment, Endpoints]
    data_url: str
    data_stream_url: str
    coin_stream_url: str = ""
    option_stream_url: str = ""
    pkce: bool = True
    issuer: str | None = None

    @property
    def is_loopback_only(self) -> bool:
        """Whether every address this profile contacts is this computer's own.

        The redirect address does not count: a redirect is intercepted, never followed.
        """
        contacted = [
            self.authorize_url,
            *self.sign_in_origins,
            self.proxy_url,
            self.data_url,
            self.data_stream_url,
            *filter(None, (self.coin_stream_url, self.option_stream_url)),
        ]
        for endpoints in self.endpoints.values():
            contacted += [endpoints.trading_url, endpoints.stream_url]
        return all(is_loopback(url) for url in contacted)

    @property
    def is_ready(self) -> bool:
        """Whether a publisher has filled in what only a publisher can know."""
        return bool(self.client_id and self.proxy_url)
