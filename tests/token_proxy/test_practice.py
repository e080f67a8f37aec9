"""The proxy in front of the practice broker, known only by the line that the broker prints."""

import base64
import hashlib
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.patience import PATIENCE_S
from tests.token_proxy.program import ROOT, VERIFIER, ProxyProgram, environment, settings

CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def practice() -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "practice",
            "--port",
            "0",
            "--seed",
            "7",
            "--auto-approve",
            "--exit-with-parent",
        ],
        env=environment({}),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.stdin.close()
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0


@pytest.fixture(scope="module")
def in_front(practice: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyProgram]:
    variables = settings(
        practice["token_url"],
        CLIENT_ID=practice["client_id"],
        CLIENT_SECRET=practice["client_secret"],
        REDIRECT_URIS=" ".join(practice["redirect_uris"]),
    )
    with ProxyProgram(
        variables, tmp_path_factory.mktemp("in-front") / "log", "--exit-with-parent"
    ) as program:
        yield program


def approved_code(practice: dict[str, Any]) -> str:
    """Walk through the authorize page as a client that is sent on at once, and return the code."""
    address = urlsplit(practice["authorize_url"])
    query = urlencode(
        {
            "response_type": "code",
            "client_id": practice["client_id"],
            "redirect_uri": practice["redirect_uris"][0],
            "state": "s" * 43,
            "scope": "account:write trading data",
            "env": "paper",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
    )
    connection = http.client.HTTPConnection(address.netloc, timeout=PATIENCE_S)
    connection.request("GET", f"{address.path}?{query}", headers={"Accept": "*/*"})
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def fields(practice: dict[str, Any], code: str, /, **changes: str) -> dict[str, str]:
    usual = {"client_id": practice["client_id"], "redirect_uri": practice["redirect_uris"][0]}
    return usual | {"code": code, "code_verifier": VERIFIER} | changes


def test_a_code_of_the_practice_broker_buys_one_token(
    practice: dict[str, Any], in_front: ProxyProgram
) -> None:
    code = approved_code(practice)

    first = in_front.post(fields(practice, code))
    second = in_front.post(fields(practice, code))

    assert first.status == 200
    assert set(first.json) == {"access_token", "token_type", "scope"}
    assert first.json["scope"] == "account:write trading data"
    assert (second.status, second.error) == (400, "invalid_grant")


def test_a_code_is_worth_nothing_without_its_verifier(
    practice: dict[str, Any], in_front: ProxyProgram
) -> None:
    stolen = in_front.post(fields(practice, approved_code(practice), code_verifier="w" * 43))

    assert (stolen.status, stolen.error) == (400, "invalid_grant")


def test_both_ends_of_the_contract_answer_alike(practice: dict[str, Any], in_front: ProxyProgram) -> None:
    """A package has no proxy: the practice broker's own exchange route takes its place there."""

    def at_practice(body: object) -> tuple[int, dict[str, Any]]:
        address = urlsplit(practice["exchange_url"])
        connection = http.client.HTTPConnection(address.netloc, timeout=PATIENCE_S)
        connection.request("POST", address.path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told

    for changes in (
        {},
        {"code": "never-given"},
        {"client_id": "somebody-else"},
        {"redirect_uri": "https://another.example/callback"},
    ):
        code = approved_code(practice)
        theirs_status, theirs = at_practice(fields(practice, code, **changes))
        ours = in_front.post(fields(practice, approved_code(practice), **changes))
        assert (ours.status, set(ours.json)) == (theirs_status, set(theirs)), changes
        assert ours.json.get("error") == theirs.get("error"), changes


def test_a_wrong_secret_is_the_operators_fault(practice: dict[str, Any], tmp_path: Path) -> None:
    variables = settings(
        practice["token_url"],
        CLIENT_ID=practice["client_id"],
        REDIRECT_URIS=" ".join(practice["redirect_uris"]),
    )
    with ProxyProgram(variables, tmp_path / "log") as program:
        answer = program.post(fields(practice, approved_code(practice)))
        log = program.log

    assert (answer.status, answer.error) == (502, "server_misconfigured")
    assert " ERROR the broker does not accept this proxy" in log
