"""The authorize page, the token endpoint and the exchange route over real sockets."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.practice.program import PracticeProgram, answer_of, pkce

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """One that asks a person."""
    with PracticeProgram(tmp_path_factory.mktemp("asking") / "log", "--rate-limit", "0") as program:
        yield program


def page(program: PracticeProgram, **changes: str | None) -> requests.Response:
    return program.http.get(
        program.line["authorize_url"],
        params=program.authorize_parameters(**changes),
        headers=HTML,
        allow_redirects=False,
        timeout=10,
    )


def decide(program: PracticeProgram, text: str, **fields: str) -> requests.Response:
    ticket = re.search(r'name="ticket" value="([^"]+)"', text)
    assert ticket
    form = {"ticket": unescape(ticket[1]), "account": "paper", "decision": "allow"} | fields
    return program.http.post(program.line["authorize_url"], data=form, allow_redirects=False, timeout=10)


def redeem(program: PracticeProgram, code: str, **changes: str | None) -> requests.Response:
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": program.line["client_id"],
        "client_secret": program.line["client_secret"],
        "redirect_uri": program.line["redirect_uris"][0],
        **changes,
    }
    return program.http.post(program.line["token_url"], data=form, timeout=10)


def exchange(program: PracticeProgram, **changes: Any) -> requests.Response:
    body = {
        "code": "C1",
        "redirect_uri": program.line["redirect_uris"][0],
        "client_id": program.line["client_id"],
        **changes,
    }
    return program.http.post(program.line["exchange_url"], json=body, timeout=10)


def test_the_page_says_who_asks_for_what_and_that_nothing_is_real(asking: PracticeProgram) -> None:
    answer = page(asking)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    text = answer.text
    for words in (
        "Allow Bellwether",
        "simulated – not a real broker",
        "Place, replace and cancel orders",
        "Change account settings",
        "Read market data",
        "open around the clock",
        'id="allow"',
        'id="deny"',
        "<legend>",
    ):
        assert words in text
    assert "<script" not in text
    assert "alpaca" not in text.lower()


def test_a_page_for_fewer_scopes_asks_for_less(asking: PracticeProgram) -> None:
    text = page(asking, scope=None).text
    assert "See your account" in text
    assert "Place, replace" not in text
    assert "Read market data" not in text


@pytest.mark.parametrize(
    ("env", "offered"), [(None, {"paper", "live", "both"}), ("paper", {"paper"}), ("live", {"live"})]
)
def test_the_accounts_offered_follow_the_environment(
    asking: PracticeProgram, env: str | None, offered: set[str]
) -> None:
    assert set(re.findall(r'name="account" value="(\w+)"', page(asking, env=env).text)) == offered


def test_the_page_cannot_load_or_run_anything(asking: PracticeProgram) -> None:
    policy = page(asking).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://bellwether.invalid" in policy


def test_allowing_leads_back_with_a_code_and_the_state(asking: PracticeProgram) -> None:
    answer = answer_of(decide(asking, page(asking, state="a b&c=é").text))
    assert set(answer) == {"code", "state"}
    assert answer["state"] == "a b&c=é"
    granted = redeem(asking, answer["code"])
    assert granted.status_code == 200
    assert granted.json().keys() == {"access_token", "token_type", "scope"}
    assert granted.json()["scope"] == "account:write trading data"
    assert granted.headers["Cache-Control"] == "no-store"


def test_denying_leads_back_with_an_error_and_the_state(asking: PracticeProgram) -> None:
    answer = answer_of(decide(asking, page(asking).text, decision="deny"))
    assert (answer["error"], answer["state"]) == ("access_denied", "S1")
    assert "code" not in answer


def test_without_a_state_none_comes_back(asking: PracticeProgram) -> None:
    assert set(answer_of(decide(asking, page(asking, state=None).text))) == {"code"}


@pytest.mark.parametrize(
    ("account", "paper", "live"), [("paper", 200, 401), ("live", 401, 200), ("both", 200, 200)]
)
def test_a_token_covers_the_account_that_was_chosen(
    asking: PracticeProgram, account: str, paper: int, live: int
) -> None:
    code = answer_of(decide(asking, page(asking).text, account=account))["code"]
    token = redeem(asking, code).json()["access_token"]
    assert asking.call("GET", "/v2/account", token=token).status_code == paper
    assert asking.call("GET", "/v2/account", token=token, env="live").status_code == live


def test_an_account_that_was_not_offered_cannot_be_chosen(asking: PracticeProgram) -> None:
    answer = decide(asking, page(asking, env="paper").text, account="live")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_page_counts_once(asking: PracticeProgram) -> None:
    text = page(asking).text
    assert decide(asking, text).status_code == 302
    again = decide(asking, text)
    assert again.status_code == 400
    assert "answered already" in again.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "nobody"}, "unknown client"),
        ({"client_id": None}, "unknown client"),
        ({"redirect_uri": "https://evil.example/"}, "not registered"),
        ({"redirect_uri": None}, "not registered"),
        ({"redirect_uri": "https://bellwether.invalid/oauth/callback/"}, "not registered"),
    ],
)
def test_an_unknown_application_gets_a_page_and_no_redirect(
    broker: PracticeProgram, changes: dict[str, str | None], words: str
) -> None:
    for answer in (broker.authorize(**changes), page(broker, **changes)):
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Location" not in answer.headers
        assert words in answer.text


def test_mistakes_are_reported_to_a_registered_application(broker: PracticeProgram) -> None:
    answer = answer_of(broker.authorize(scope="everything"))
    assert (answer["error"], answer["state"]) == ("invalid_scope", "S1")


def test_approving_by_itself_shows_a_person_the_page_first(broker: PracticeProgram) -> None:
    answer = page(broker)
    assert answer.status_code == 200
    nonce = re.search(r"script-src 'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert nonce
    assert f'<script nonce="{nonce[1]}">' in answer.text
    assert "by itself" in answer.text
    assert set(answer_of(broker.authorize())) == {"code", "state"}


def test_the_token_endpoint_takes_forms_only(broker: PracticeProgram) -> None:
    answer = broker.http.post(
        broker.line["token_url"],
        json={"grant_type": "authorization_code", "code": broker.code()},
        timeout=10,
    )
    assert (answer.status_code, answer.json()) == (401, {"code": 40110000, "message": "invalid_client"})


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"grant_type": "refresh_token", "redirect_uri": None}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": "https://bellwether.invalid/"}, 400, "invalid_grant"),
    ],
)
def test_the_token_endpoint_answers_in_the_broker_s_envelope(
    broker: PracticeProgram, changes: dict[str, str | None], status: int, message: str
) -> None:
    answer = redeem(broker, broker.code(), **changes)
    assert answer.status_code == status
    assert answer.json()["message"] == message
    assert answer.json()["code"] // 100_000 == status


def test_a_code_is_redeemed_once(broker: PracticeProgram) -> None:
    code = broker.code()
    token = redeem(broker, code).json()["access_token"]
    again = redeem(broker, code)
    assert (again.status_code, again.json()["message"]) == (400, "invalid_grant")
    assert broker.call("GET", "/v2/account", token=token).status_code == 200


def test_the_exchange_route_speaks_the_proxy_s_contract(broker: PracticeProgram) -> None:
    verifier, challenge = pkce()
    code = broker.code(code_challenge=challenge, code_challenge_method="S256", scope="data")
    answer = exchange(broker, code=code, code_verifier=verifier)
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "scope"}
    assert answer.json()["scope"] == "data"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, "invalid_grant"),
        ({"client_id": "nobody"}, "unauthorized_client"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_redirect_uri"),
        ({"code": 5}, "invalid_request"),
    ],
)
def test_the_exchange_route_names_its_errors(
    broker: PracticeProgram, changes: dict[str, Any], error: str
) -> None:
    answer = exchange(broker, **changes)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error", "message"}
    assert answer.json()["error"] == error


def test_the_exchange_route_refuses_web_pages_and_forms(broker: PracticeProgram) -> None:
    url = broker.line["exchange_url"]
    for options in ({"data": {"code": "C1"}}, {"json": {}, "headers": {"Origin": "http://evil.example"}}):
        answer = broker.http.post(url, timeout=10, **options)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_exchange_hours_are_named_on_the_page(tmp_path: Path) -> None:
    with PracticeProgram(tmp_path / "log", "--hours", "exchange") as program:
        assert "keeps the exchange's hours" in unescape(page(program).text)
