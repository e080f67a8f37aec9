"""The pages a person sees in the sign-in window."""

import secrets
from functools import lru_cache
from html import escape
from importlib import resources
from string import Template
from urllib.parse import urlsplit

from aiohttp import web

from practice.engine.accounts import Environment
from practice.server.authorization import Request

_READS = "See your account, positions and orders"
_SCOPES_IN_WORDS = {
    "trading": "Place, replace and cancel orders, close positions",
    "account:write": "Change account settings and watchlists",
    "data": "Read market data, live and historical",
}
_ACCOUNTS = {
    "paper": ("Paper", "play money"),
    "live": ("Live", "simulated too"),
    "both": ("Both", "switch in app"),
}
CHOICES: dict[str, tuple[Environment, ...]] = {
    "paper": ("paper",),
    "live": ("live",),
    "both": ("paper", "live"),
}
_AUTOMATIC_DELAY_MS = 1500


@lru_cache(maxsize=8)
def _resource(name: str) -> str:
    return resources.files("practice.resources").joinpath(name).read_text(encoding="utf-8")


def offered_choices(request: Request) -> list[str]:
    """The accounts a person may choose from; the first is preselected."""
    return list(CHOICES) if request.environment is None else [request.environment]


def consent_page(request: Request, ticket: str, *, always_open: bool, automatic: bool) -> web.Response:
    """Ask the person. With `automatic` the page presses Allow by itself after a moment."""
    nonce = secrets.token_urlsafe(12)
    rights = [_READS, *(_SCOPES_IN_WORDS[scope] for scope in request.scopes)]
    choices = offered_choices(request)
    target = urlsplit(request.redirect_uri)
    script = (
        f'<script nonce="{nonce}">setTimeout(function(){{document.getElementById("allow").click()}},'
        f"{_AUTOMATIC_DELAY_MS})</script>"
    )
    return _page(
        "consent.html",
        nonce,
        form_target=f"{target.scheme}://{target.netloc}",
        application=escape(request.application.name),
        action="/oauth/authorize",
        ticket=escape(ticket),
        scopes="".join(map(_scope_item, rights)),
        account_legend="with this account" if len(choices) == 1 else "with the account you choose",
        accounts="".join(_account_item(choice, checked=choice == choices[0]) for choice in choices),
        market="The market here is simulated and open around the clock."
        if always_open
        else "The market here is simulated and keeps the exchange's hours.",
        redirect_host=escape(target.netloc),
        automatic=" <strong>This page allows by itself in a moment.</strong>" if automatic else "",
        script=script if automatic else "",
    )


def refused_page(reason: str, status: int = 400) -> web.Response:
    """Say why a request is not answered, without redirecting anywhere."""
    return _page("refused.html", secrets.token_urlsafe(12), status=status, reason=escape(reason))


def _scope_item(text: str) -> str:
    return f'<li><span class="mark" aria-hidden="true">&#10003;</span>{escape(text)}</li>'


def _account_item(choice: str, *, checked: bool) -> str:
    name, detail = _ACCOUNTS[choice]
    return (
        f'<label class="account {choice}"><input type="radio" id="account-{choice}" name="account" '
        f'value="{choice}"{" checked" if checked else ""}>'
        f"<span><b>{escape(name)}</b><small>{escape(detail)}</small></span></label>"
    )


def _page(name: str, nonce: str, status: int = 200, form_target: str = "", **values: str) -> web.Response:
    text = Template(_resource(name)).substitute(values, nonce=nonce, style=_resource("pages.css"))
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {form_target}"
    )
    headers = {
        "Content-Security-Policy": policy.strip(),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
