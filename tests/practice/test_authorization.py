"""The authorization server's rules, without sockets."""

from typing import Any

import pytest

from practice.server.authorization import (
    CODE_LIFE_S,
    Application,
    Authorization,
    OAuthError,
    RedirectedError,
    UnknownApplication,
)
from practice.server.grants import Grants
from tests.practice.program import pkce

REDIRECT = "https://bellwether.invalid/oauth/callback"
GOOD = {
    "response_type": "code",
    "client_id": "CLIENT",
    "redirect_uri": REDIRECT,
    "state": "S1",
    "scope": "trading data",
    "env": "paper",
}


class Server:
    """An authorization server and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.grants = Grants(api_key="PK1", api_secret="secret")
        application = Application("Bellwether", "CLIENT", (REDIRECT,), "client-secret")
        self.authorization = Authorization(application, self.grants, lambda: self.now)

    def code(self, **changes: str) -> str:
        request = self.authorization.checked(GOOD | changes)
        return self.authorization.approve(request, ("paper",))

    def redeem(self, code: str, **changes: Any) -> str:
        answer = {"client_id": "CLIENT", "redirect_uri": REDIRECT, "verifier": None} | changes
        return self.authorization.redeem(code, **answer)[0]


@pytest.fixture
def server() -> Server:
    return Server()


def test_a_code_becomes_a_token_with_what_was_allowed(server: Server) -> None:
    grant = server.grants.of_token(server.redeem(server.code()))
    assert grant is not None
    assert (grant.scope, grant.environments) == ("trading data", frozenset({"paper"}))


def test_a_code_works_once_and_its_second_use_takes_nothing_away(server: Server) -> None:
    code = server.code()
    token = server.redeem(code)
    with pytest.raises(OAuthError, match="invalid_grant"):
        server.redeem(code)
    assert server.grants.of_token(token)


def test_a_code_lives_ten_minutes(server: Server) -> None:
    early, late = server.code(), server.code()
    server.now = CODE_LIFE_S - 1
    server.redeem(early)
    server.now = CODE_LIFE_S + 1
    with pytest.raises(OAuthError, match="invalid_grant"):
        server.redeem(late)


@pytest.mark.parametrize(
    "changes", [{"client_id": "OTHER"}, {"redirect_uri": REDIRECT + "/"}, {"redirect_uri": ""}]
)
def test_a_code_is_bound_to_its_client_and_redirect(server: Server, changes: dict[str, str]) -> None:
    with pytest.raises(OAuthError, match="invalid_grant"):
        server.redeem(server.code(), **changes)


def test_a_challenge_asks_for_its_verifier(server: Server) -> None:
    verifier, challenge = pkce()
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
    for wrong in (None, "", verifier + "x", challenge):
        with pytest.raises(OAuthError, match="invalid_grant"):
            server.redeem(server.code(**proof), verifier=wrong)
    assert server.redeem(server.code(**proof), verifier=verifier)


def test_a_consent_page_is_answered_once(server: Server) -> None:
    ticket = server.authorization.ask(server.authorization.checked(GOOD))
    assert server.authorization.answered(ticket).state == "S1"
    with pytest.raises(UnknownApplication, match="answered already"):
        server.authorization.answered(ticket)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "OTHER"},
        {"client_id": ""},
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_who_is_not_registered_is_not_redirected(server: Server, changes: dict[str, str]) -> None:
    with pytest.raises(UnknownApplication):
        server.authorization.checked(GOOD | changes)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "trading general"}, "invalid_scope"),
        ({"env": "both"}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_other_mistakes_go_back_with_the_state(server: Server, changes: dict[str, str], error: str) -> None:
    with pytest.raises(RedirectedError) as caught:
        server.authorization.checked(GOOD | changes)
    assert (caught.value.error.name, caught.value.state) == (error, "S1")


def test_forgotten_pages_and_codes_do_not_pile_up(server: Server) -> None:
    first = server.code()
    for _ in range(1000):
        server.code()
    with pytest.raises(OAuthError, match="invalid_grant"):
        server.redeem(first)


def test_a_key_allows_everything_on_paper_and_nothing_on_live(server: Server) -> None:
    grant = server.grants.of_key("PK1", "secret")
    assert grant is not None
    assert grant.environments == {"paper"}
    assert server.grants.of_key("PK1", "wrong") is None
    assert server.grants.of_key("PK2", "secret") is None


def test_secrets_are_not_in_what_is_printed(server: Server) -> None:
    token = server.redeem(server.code())
    printed = repr([server.grants, server.authorization.application, server.grants.of_token(token)])
    assert not [secret for secret in (token, "client-secret", "'secret'") if secret in printed]
