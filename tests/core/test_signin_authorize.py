"""The authorize address and the PKCE pair."""

import secrets
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.protocol.signin import (
    AuthorizeRequest,
    Environment,
    authorize_url,
    code_challenge,
    new_state,
    new_verifier,
)


def a_request(
    environment: Environment = "paper",
    scopes: tuple[str, ...] = ("account:write", "trading", "data"),
    page: str = "https://app.broker.example/oauth/authorize",
) -> AuthorizeRequest:
    return AuthorizeRequest(
        authorize_url=page,
        client_id="client 1&x",
        redirect_uri="http://localhost:41999/callback",
        scopes=scopes,
        environment=environment,
    )


def test_the_address_asks_for_a_code_with_every_parameter_encoded_as_the_broker_wants_it() -> None:
    assert authorize_url(a_request(), state="s-1", challenge="ch") == (
        "https://app.broker.example/oauth/authorize?response_type=code&client_id=client%201%26x"
        "&redirect_uri=http%3A%2F%2Flocalhost%3A41999%2Fcallback&scope=account%3Awrite%20trading%20data"
        "&state=s-1&env=paper&code_challenge=ch&code_challenge_method=S256"
    )


def test_both_environments_are_asked_for_by_naming_none() -> None:
    assert "env=" not in authorize_url(a_request("both"), state="s", challenge=None)
    assert "env=live" in authorize_url(a_request("live"), state="s", challenge=None)


def test_a_profile_without_pkce_sends_no_challenge() -> None:
    assert "code_challenge" not in authorize_url(a_request(), state="s", challenge=None)


def test_read_only_access_is_asked_for_by_naming_no_scope() -> None:
    assert "scope" not in authorize_url(a_request(scopes=()), state="s", challenge=None)


def test_a_query_that_the_profile_brings_is_kept() -> None:
    page = "https://app.broker.example/oauth/authorize?brand=x"
    assert authorize_url(a_request(page=page), state="s", challenge=None).startswith(
        f"{page}&response_type=code"
    )


def test_an_authorize_address_has_no_fragment() -> None:
    with pytest.raises(ValueError, match="fragment"):
        authorize_url(a_request(page="https://app.broker.example/#x"), state="s", challenge=None)


def test_the_challenge_is_the_one_of_the_standards_example() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    "verifier", ["short", "x" * 129, "x" * 42 + " ", "x" * 42 + "\N{LATIN SMALL LETTER E WITH ACUTE}"]
)
def test_a_verifier_outside_the_standard_is_refused(verifier: str) -> None:
    with pytest.raises(ValueError, match="verifier"):
        code_challenge(verifier)


def test_state_and_verifier_ask_for_enough_randomness() -> None:
    asked: list[int] = []

    def counting(size: int) -> str:
        asked.append(size)
        return secrets.token_urlsafe(size)

    assert len(new_state(counting)) == 43
    assert len(new_verifier(counting)) == 64
    assert asked == [32, 48]
    assert new_state(counting) != new_state(counting)


@given(st.text(max_size=40), st.text(max_size=40))
def test_every_parameter_comes_back_as_it_went_in(state: str, client_id: str) -> None:
    request = AuthorizeRequest(
        authorize_url="https://a.example/o",
        client_id=client_id,
        redirect_uri="https://b.example/cb",
        scopes=("data",),
        environment="live",
    )
    query = urlsplit(authorize_url(request, state=state, challenge=None)).query
    sent = dict(parse_qsl(query, strict_parsing=True))
    assert sent.get("state", "") == state
    assert sent.get("client_id", "") == client_id
