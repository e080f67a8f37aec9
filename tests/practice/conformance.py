"""Whether an answer of the practice broker is what the broker's OpenAPI files say, where they are at hand."""

from typing import Any
from urllib.parse import urlsplit

import requests

from tests.practice.deviations import is_known
from tests.practice.openapi import DATA, FOLDER, TRADING, path_of, problems, response_schema

_FILES = {"paper": TRADING, "live": TRADING, "data": DATA}


def unknown_problems(file: str, method: str, path: str, schema: Any, value: Any) -> list[str]:
    """What does not fit, save what the table of deviations allows for."""
    found = {f"{method.upper()} {path}: {one}" for one in problems(file, schema, value)}
    return sorted(one for one in found if not is_known(one))


def check(answer: requests.Response) -> None:
    """Fail for a good answer that does not fit; for a refusal that is not in the broker's envelope."""
    _, host, *rest = urlsplit(answer.url).path.split("/")
    file = _FILES.get(host)
    if (
        FOLDER is None
        or file is None
        or not answer.headers.get("Content-Type", "").startswith("application/json")
    ):
        return
    if answer.status_code >= 400:
        assert answer.json()["message"]
        return
    method = str(answer.request.method).lower()
    path = path_of(file, "/" + "/".join(rest))
    schema = path and response_schema(file, method, path, answer.status_code)
    if path and schema:
        assert unknown_problems(file, method, path, schema, answer.json()) == []
