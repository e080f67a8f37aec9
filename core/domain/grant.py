"""What a sign-in gave us: a token, its scopes, and the accounts it covers."""

from dataclasses import dataclass, field

from core.domain.account import Account
from core.domain.environment import Environment
from core.domain.secret import Secret

MAX_TOKEN_CHARS = 4096
SCOPE_TRADING = "trading"
SCOPE_DATA = "data"
SCOPE_ACCOUNT_WRITE = "account:write"


def is_token(text: str) -> bool:
    """Whether `text` can be a bearer token: visible ASCII, so that a header can carry it and nothing else."""
    return 0 < len(text) <= MAX_TOKEN_CHARS and all("!" <= letter <= "~" for letter in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An access token with the scopes the broker says it carries (RFC 6749 section 5.1)."""

    token: Secret = field(repr=False)
    scopes: frozenset[str]

    @property
    def may_trade(self) -> bool:
        """Whether orders may be placed, replaced and cancelled."""
        return SCOPE_TRADING in self.scopes

    @property
    def may_read_data(self) -> bool:
        """Whether market data may be read and streamed."""
        return SCOPE_DATA in self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A grant together with the accounts that answered to it, by environment; never empty."""

    grant: Grant
    accounts: dict[Environment, Account]
    remembered: bool  # whether the OS keyring keeps the token for the next start
    asked_scopes: frozenset[str] = frozenset()

    @property
    def missing_scopes(self) -> frozenset[str]:
        """Scopes that were asked for and not granted."""
        return self.asked_scopes - self.grant.scopes
