"""What the trading process and the sign-in window may say to each other."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.protocol.signin import (
    MAX_LINE_LENGTH,
    AttemptLine,
    CodeGrant,
    Declined,
    Failed,
    Outcome,
    SignInLineInvalid,
    decode_attempt,
    decode_outcome,
    encode_attempt,
    encode_outcome,
)

STATE = "s" * 43


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "authorize_url": "https://auth.broker.example/oauth/authorize?client_id=1",
        "redirect_uri": "https://example.com/oauth/callback",
        "state": STATE,
        "sign_in_origins": ["https://auth.broker.example"],
        "issuer": None,
        "environment": "paper",
        "theme": "dark",
        "loopback_only": False,
        "deadline_s": 600,
        "centre": [960, 540],
        "pictures": None,
    } | changes


def decoded(**changes: Any) -> AttemptLine:
    return decode_attempt(json.dumps(fields(**changes)).encode())


LOOPBACK = {
    "authorize_url": "http://127.0.0.1:8080/oauth/authorize",
    "sign_in_origins": ["http://127.0.0.1:8080"],
    "redirect_uri": "https://bellwether.invalid/oauth/callback",
}


def test_an_attempt_survives_the_way_through_the_pipe() -> None:
    line = decoded(issuer="https://auth.broker.example", pictures="tour")
    assert decode_attempt(encode_attempt(line)) == line
    assert encode_attempt(line).endswith(b"}\n")
    assert line.centre == (960, 540)


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"state": "short"},
        {"state": "s" * 42 + "="},
        {"environment": "demo"},
        {"theme": "blue"},
        {"deadline_s": 0},
        {"deadline_s": 601},
        {"deadline_s": "600"},
        {"centre": [1]},
        {"sign_in_origins": []},
        {"sign_in_origins": ["https://auth.broker.example/"]},
        {"sign_in_origins": ["https://AUTH.broker.example"]},
        {"sign_in_origins": ["https://auth.broker.example:443"]},
        {"sign_in_origins": ["https://u@auth.broker.example"]},
        {"sign_in_origins": ["https://auth.broker.example", "http://auth.broker.example"]},
        {"sign_in_origins": ["https://other.example"]},
        {"authorize_url": "https://auth.broker.example/#x"},
        {"authorize_url": "https://auth.broker.example/a b"},
        {"authorize_url": "file:///etc/passwd"},
        {"authorize_url": f"https://auth.broker.example/{'x' * 8200}"},
        {"redirect_uri": "https://example.com"},
        {"redirect_uri": "https://example.com/cb?x=1"},
        {"redirect_uri": "https://example.com/cb#x"},
        {"redirect_uri": "https://u:p@example.com/cb"},
        {"redirect_uri": "http://example.com/cb"},
        {"redirect_uri": "myapp://callback"},
        {
            **LOOPBACK,
            "sign_in_origins": ["http://localhost:8080"],
            "authorize_url": "http://localhost:8080/x",
        },
    ],
)
def test_an_attempt_that_must_not_start_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SignInLineInvalid):
        decoded(**changes)


def test_an_attempt_that_must_not_start_is_not_even_sent() -> None:
    line = AttemptLine(**fields(centre=None, redirect_uri="ftp://example.com/x"))
    with pytest.raises(SignInLineInvalid):
        encode_attempt(line)


@pytest.mark.parametrize("redirect", ["http://localhost:41999/callback", "http://127.0.0.1:41999/callback"])
def test_a_redirect_on_this_computer_may_be_unencrypted(redirect: str) -> None:
    assert decoded(redirect_uri=redirect).redirect_uri == redirect


def test_staying_on_this_computer_takes_the_profiles_word_and_literal_addresses() -> None:
    assert decoded(**LOOPBACK, loopback_only=True).stays_on_this_computer
    assert not decoded(**LOOPBACK, loopback_only=False).stays_on_this_computer
    assert not decoded(loopback_only=True).stays_on_this_computer
    mixed = LOOPBACK | {"sign_in_origins": [*LOOPBACK["sign_in_origins"], "https://auth.broker.example"]}
    assert not decoded(**mixed, loopback_only=True).stays_on_this_computer
    v6 = {"authorize_url": "http://[::1]:8080/a", "sign_in_origins": ["http://[::1]:8080"]}
    assert decoded(**v6, loopback_only=True).stays_on_this_computer


@pytest.mark.parametrize("outcome", [CodeGrant("a/b+c="), Declined("access_denied"), Failed("renderer_gone")])
def test_an_outcome_survives_the_way_through_the_pipe(outcome: Outcome) -> None:
    assert decode_outcome(encode_outcome(outcome)) == outcome


def test_the_outcomes_have_the_agreed_spelling() -> None:
    assert encode_outcome(CodeGrant("C1")) == b'{"outcome":"code","code":"C1"}\n'
    assert encode_outcome(Declined("other")) == b'{"outcome":"declined","reason":"other"}\n'
    assert encode_outcome(Failed("closed")) == b'{"outcome":"failed","reason":"closed"}\n'


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"{}",
        b'{"outcome":"code"}',
        b'{"outcome":"code","code":""}',
        b'{"outcome":"code","code":"a\\nb"}',
        b'{"outcome":"code","code":"C1","extra":1}',
        b'{"outcome":"failed","reason":"because"}',
        b'{"outcome":"declined","reason":"<b>no</b>"}',
        b'{"outcome":"won","code":"C1"}',
        b'{"outcome":"code","code":"\xff"}',
        b" " * (MAX_LINE_LENGTH + 1),
    ],
)
def test_an_outcome_that_was_not_agreed_is_refused(line: bytes) -> None:
    with pytest.raises(SignInLineInvalid):
        decode_outcome(line)


def test_a_refused_line_is_not_quoted() -> None:
    with pytest.raises(SignInLineInvalid) as refusal:
        decoded(state="SECRET!")
    assert "SECRET" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert "SECRET" not in repr(decoded(state="SECRET" + "s" * 40))


@given(st.binary(max_size=200))
def test_no_bytes_on_the_pipe_do_worse_than_being_refused(line: bytes) -> None:
    for decode in (decode_attempt, decode_outcome):
        with pytest.raises(SignInLineInvalid):
            decode(line)
