"""A code becomes a token at the proxy, and a refusal becomes a sentence of ours."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.secret import Secret
from core.errors import SignInFailed
from core.protocol.exchange import exchange_code, exchange_failure
from tests.core.builders import profile
from tests.core.golden import answer

ASKED = frozenset({"account:write", "trading", "data"})
CODE, VERIFIER = Secret("code-1"), Secret("verifier-1")
CALL = exchange_code(profile(), CODE, VERIFIER, asked=ASKED)
TOKEN = {"access_token": "5b1c7c1e-5d0f", "token_type": "bearer", "scope": "account:write trading data"}


def test_the_request_is_the_agreed_json_and_nothing_else():
    assert json.loads(CALL.body or b"") == {
        "code": "code-1",
        "redirect_uri": "https://bellwether.invalid/oauth/callback",
        "client_id": "client",
        "code_verifier": "verifier-1",
    }
    assert (CALL.method, CALL.path, CALL.changes) == ("POST", "", True)


def test_without_pkce_there_is_no_verifier():
    call = exchange_code(profile(pkce=False), CODE, None, asked=ASKED)
    assert "code_verifier" not in json.loads(call.body or b"")


def test_neither_code_nor_verifier_shows_in_the_call():
    assert "code-1" not in repr(CALL)
    assert "verifier-1" not in repr(CALL)


@pytest.mark.parametrize(
    ("changes", "scopes"),
    [
        ({}, ASKED),
        ({"scope": "data"}, {"data"}),
        ({"scope": ""}, set()),
        ({"scope": None}, ASKED),
        ({"token_type": "Bearer"}, ASKED),
        ({"token_type": "BEARER"}, ASKED),
        ({"expires_in": 3600, "refresh_token": "r", "more": [1]}, ASKED),
    ],
)
def test_the_scopes_granted_are_those_of_the_answer_or_those_asked_for(changes, scopes):
    grant = CALL.read(answer({**TOKEN, **changes}))
    assert grant.token.reveal() == "5b1c7c1e-5d0f"
    assert grant.scopes == scopes
    assert "5b1c7c1e" not in repr(grant)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>captive portal</html>",
        b"[]",
        {},
        {**TOKEN, "access_token": ""},
        {**TOKEN, "access_token": None},
        {**TOKEN, "access_token": "x" * 4097},
        {**TOKEN, "access_token": "two words"},
        {**TOKEN, "access_token": "line\nbreak"},
        {**TOKEN, "access_token": "\u20ac"},
        {**TOKEN, "token_type": "mac"},
    ],
)
def test_what_is_no_token_is_not_taken_for_one(body):
    with pytest.raises(ValueError, match=r"."):
        CALL.read(answer(body))


SENTENCES = {
    "invalid_request",
    "invalid_grant",
    "unauthorized_client",
    "invalid_redirect_uri",
    "rate_limited",
    "temporarily_unavailable",
    "upstream_error",
    "server_misconfigured",
}


@pytest.mark.parametrize("error", sorted(SENTENCES))
def test_each_agreed_error_has_a_sentence_of_its_own(error):
    failure = exchange_failure(CALL, answer({"error": error, "message": "<b>lure</b>"}, 400))
    assert isinstance(failure, SignInFailed)
    assert failure.remedy
    assert "lure" not in f"{failure.headline}{failure.remedy}{failure.detail}"
    others = {exchange_failure(CALL, answer({"error": other}, 400)).headline for other in SENTENCES - {error}}
    assert failure.headline not in others


@given(st.integers(200, 599), st.binary(max_size=200) | st.text(max_size=50).map(json.dumps).map(str.encode))
def test_anything_else_is_an_unreadable_proxy(status, body):
    failure = exchange_failure(CALL, answer(body, status))
    assert failure.headline == "The token proxy answered something Bellwether cannot read."
