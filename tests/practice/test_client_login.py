"""How an application proves itself at the token endpoint: in the form, or by a Basic header where allowed."""

import base64
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from practice.server.authorization import OAuthError
from practice.server.client_login import client_of
from tests.practice.program import PracticeProgram


@pytest.fixture
def basic(clean: PracticeProgram) -> Iterator[PracticeProgram]:
    """A broker that takes the header."""
    clean.control("POST", "/oauth", basic=True)
    yield clean
    clean.control("POST", "/oauth", basic=False)


def header(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def redeem(program: PracticeProgram, proof: str | None = None, **fields: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": program.code(),
        "redirect_uri": program.line["redirect_uris"][0],
        **fields,
    }
    own = header(program.line["client_id"], program.line["client_secret"])
    headers = {"Authorization": own if proof is None else proof}
    return program.http.post(program.line["token_url"], data=form, headers=headers, timeout=10)


def test_a_header_is_refused_unless_it_is_allowed(clean: PracticeProgram) -> None:
    answer = redeem(clean)
    assert (answer.status_code, answer.json()) == (401, {"code": 40110000, "message": "invalid_client"})
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_header_proves_the_application_where_it_is_allowed(basic: PracticeProgram) -> None:
    answer = redeem(basic)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert basic.call("GET", "/v2/account", token=token).status_code == 200
    assert redeem(basic, client_id=basic.line["client_id"]).status_code == 200
    assert basic.control("GET", "/oauth")["basic"] is True


@pytest.mark.parametrize("proof", ["Basic", "Basic !", "Basic bm90aGluZw==", "Basic \xff", "basic Og=="])
def test_a_header_that_proves_nothing_is_refused(basic: PracticeProgram, proof: str) -> None:
    answer = redeem(basic, proof)
    assert (answer.status_code, answer.json()["message"]) == (401, "invalid_client")


def test_wrong_and_doubled_proof_is_refused(basic: PracticeProgram) -> None:
    wrong = header(basic.line["client_id"], "wrong")
    assert redeem(basic, wrong).json()["message"] == "invalid_client"
    assert redeem(basic, client_id="another").json()["message"] == "invalid_client"
    both = redeem(basic, client_id=basic.line["client_id"], client_secret=basic.line["client_secret"])
    assert (both.status_code, both.json()["message"]) == (400, "invalid_request")


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_id_and_secret_survive_the_header(client_id: str, secret: str) -> None:
    assert client_of({}, header(client_id, secret), basic=True) == (client_id, secret)


@given(st.text())
def test_any_header_is_read_or_refused(text: str) -> None:
    for start in ("", "Basic ", "basic "):
        try:
            client_of({}, start + text, basic=True)
        except OAuthError as problem:
            assert problem.name == "invalid_client"  # noqa: PT017 - it may also be read
