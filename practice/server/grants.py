"""Who may do what: tokens and API keys, with their scopes and the environments they cover."""

import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from practice.engine.accounts import Environment

SCOPES = ("account:write", "trading", "data")
GENERAL = "general"  # what a broker partner may grant instead: everything


class UnreadableGrants(Exception):
    """The file that keeps grants across runs holds something else."""


class Grant(msgspec.Struct, frozen=True):
    """What a token or key allows."""

    scopes: frozenset[str]
    environments: frozenset[Environment]
    id: str = ""  # of a token
    client_id: str = ""
    issued_at: int = 0  # unix seconds

    @property
    def scope(self) -> str:
        """The scopes as the wire spells them."""
        if GENERAL in self.scopes:
            return GENERAL
        return " ".join(scope for scope in SCOPES if scope in self.scopes)


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass
class Grants:
    """Every token and key in force. Tokens are kept as digests only."""

    api_key: str
    api_secret: str = field(repr=False)
    live_api_key: str | None = None
    live_api_secret: str | None = field(default=None, repr=False)
    keep_in: Path | None = None
    clock: Callable[[], float] = time.time  # unix seconds
    live_approved: bool = True  # whether tokens work on live; without approval the application's do not
    _by_digest: dict[str, Grant] = field(default_factory=dict, repr=False)
    _revoked: list[Callable[[Collection[Grant]], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.keep_in and self.keep_in.exists():
            try:
                self._by_digest = msgspec.json.decode(self.keep_in.read_bytes(), type=dict[str, Grant])
            except msgspec.DecodeError as error:
                raise UnreadableGrants(f"{self.keep_in}: {error}") from error
        self._save()  # a file that cannot be written is better known now than at the first sign-in

    def issue(
        self, scopes: Iterable[str], environments: Iterable[Environment], client_id: str = ""
    ) -> tuple[str, Grant]:
        """A new token and what it allows."""
        token = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        allowed = frozenset(scopes)
        grant = Grant(
            allowed.union(SCOPES) if GENERAL in allowed else allowed,
            frozenset(environments),
            "TK" + secrets.token_hex(9).upper(),
            client_id,
            int(self.clock()),
        )
        self._by_digest[_digest(token)] = grant
        self._save()
        return token, grant

    def of_token(self, token: str) -> Grant | None:
        """What a token allows, if it is in force."""
        grant = self._by_digest.get(_digest(token))
        if grant is None or self.live_approved:
            return grant
        return msgspec.structs.replace(grant, environments=grant.environments - {"live"})

    def knows_key(self, key: str) -> bool:
        """Whether this is one of the practice API keys."""
        return any(_same(key, known) for _, known, _ in self._keys())

    def of_key(self, key: str, secret: str) -> Grant | None:
        """What an API key allows: everything, on its own account."""
        for environment, known, its_secret in self._keys():
            right = _same(secret, its_secret)
            if _same(key, known) and right:
                return Grant(frozenset(SCOPES), frozenset({environment}))
        return None

    def _keys(self) -> Iterator[tuple[Environment, str, str]]:
        yield "paper", self.api_key, self.api_secret
        if self.live_api_key and self.live_api_secret:
            yield "live", self.live_api_key, self.live_api_secret

    def on_revocation(self, listener: Callable[[Collection[Grant]], None]) -> None:
        """Have it reported when tokens end, with what they allowed."""
        self._revoked.append(listener)

    def revoke_all(self) -> int:
        """End every token; return how many there were."""
        return self._end(lambda _: True)

    def revoke(self, token_id: str) -> bool:
        """End the token with this id; say whether there was one."""
        return self._end(lambda grant: grant.id == token_id) > 0

    def _end(self, ends: Callable[[Grant], bool]) -> int:
        ended = {digest: grant for digest, grant in self._by_digest.items() if ends(grant)}
        for digest in ended:
            del self._by_digest[digest]
        self._save()
        for listener in self._revoked:
            listener(list(ended.values()))
        return len(ended)

    def _save(self) -> None:
        if self.keep_in:
            self.keep_in.write_bytes(msgspec.json.encode(self._by_digest))
