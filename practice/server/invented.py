"""Answers that no route gave: what proxies, limits and faults say instead."""

from http import HTTPStatus

from aiohttp import web

from practice.faults.registry import Fault
from practice.server.answers import error_answer

_PAGE = """<html>
<head><title>{line}</title></head>
<body>
<center><h1>{line}</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


def proxy_page(status: int) -> str:
    """The page of a proxy in front of the broker."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return _PAGE.format(line=f"{status} {phrase}".strip())


def html_answer(status: int, page: str) -> web.Response:
    """A page where JSON was expected."""
    return web.Response(status=status, text=page, content_type="text/html")


def invented_answer(fault: Fault) -> web.Response:
    """What a fault has answered in place of the route."""
    order, status = fault.order, fault.status()
    match order.kind:
        case "html":
            return html_answer(status, proxy_page(status))
        case "no_code":
            text = '{"message": "unauthorized."}\n' if status == 401 else '{"message": "forbidden."}\n'
            return web.Response(status=status, text=text, content_type="application/json")
        case "token_refused":
            return error_answer(401, 40110000, "request is not authorized")
        case "rate_limited":
            answer = error_answer(429, 42910000, "too many requests.")
            answer.headers["X-RateLimit-Remaining"] = "0"
            if order.retry_after is not None:
                answer.headers["Retry-After"] = str(order.retry_after)
            return answer
        case "gateway_timeout":
            return _with_body(status, order.body or proxy_page(status))
        case _ if order.body:
            return _with_body(status, order.body)
        case _:
            return error_answer(status, status * 100_000 + 10_000, "a fault was asked for")


def _with_body(status: int, body: str) -> web.Response:
    if body.lstrip().startswith("<"):
        return html_answer(status, body)
    return web.Response(status=status, text=body, content_type="application/json")
