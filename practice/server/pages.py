"""The pages a person sees in the sign-in window."""

import secrets
from dataclasses import dataclass
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
    "general": "Do everything you can do yourself",
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a consent page stands: whose it is, whom it greets, where its answer goes."""

    brand: str
    greeting: str
    action: str


_BROKER = Place(
    "Practice broker",
    "You are logged in as <strong>Practice Trader</strong>. Nothing here is real: no password is needed, and "
    "no money can move.",
    "/oauth/authorize",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a consent page asks a person."""

    application: str
    redirect_uri: str
    scopes: tuple[str, ...]
    choices: list[str]  # the accounts on offer; the first is preselected


def consent_page(request: Request, ticket: str, *, always_open: bool, automatic: bool) -> web.Response:
    """Ask the person. With `automatic` the page presses Allow by itself after a moment."""
    question = Question(
        application=request.application.name,
        redirect_uri=request.redirect_uri,
        scopes=request.scopes,
        choices=offered_choices(request),
    )
    market = (
        "The market here is simulated and open around the clock."
        if always_open
        else "The market here is simulated and keeps the exchange's hours."
    )
    return asking_page(question, ticket, _BROKER, market=market, automatic=automatic)


def asking_page(
    question: Question, ticket: str, place: Place, *, market: str = "", automatic: bool = False
) -> web.Response:
    """The consent page of the broker or of a partner."""
    nonce = secrets.token_urlsafe(12)
    rights = [_READS, *(_SCOPES_IN_WORDS[scope] for scope in question.scopes)]
    target, choices = urlsplit(question.redirect_uri), question.choices
    script = (
        f'<script nonce="{nonce}">setTimeout(function(){{document.getElementById("allow").click()}},'
        f"{_AUTOMATIC_DELAY_MS})</script>"
    )
    return _page(
        "consent.html",
        nonce,
        form_target=f"{target.scheme}://{target.netloc}",
        brand=place.brand,
        lead=place.greeting,
        application=escape(question.application),
        action=place.action,
        ticket=escape(ticket),
        scopes="".join(map(_scope_item, rights)),
        account_legend="with this account" if len(choices) == 1 else "with the account you choose",
        accounts="".join(_account_item(choice, checked=choice == choices[0]) for choice in choices),
        market=market,
        redirect_host=escape(target.netloc),
        automatic=" <strong>This page allows by itself in a moment.</strong>" if automatic else "",
        script=script if automatic else "",
    )


def login_page(application: str, ticket: str, user: str = "", problem: str = "") -> web.Response:
    """Ask a partner's customer who they are."""
    return _page(
        "partner_login.html",
        secrets.token_urlsafe(12),
        status=401 if problem else 200,
        application=escape(application),
        ticket=escape(ticket),
        user=escape(user),
        problem=f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else "",
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
