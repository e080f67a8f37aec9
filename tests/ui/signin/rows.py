"""The rows of the redirect table that only an engine can answer: what a page does, what must come of it.

Rows about the text of an address alone are in tests/core/test_signin_attempt.py; the ones whose text the
engine rewrites first are repeated here.
"""

import json
from dataclasses import dataclass, field

from tests.ui.signin.broker import BROKER, Page

CB = "https://example.com/oauth/callback"
STATE = "S1" + "x" * 41
OK = f"?code=C1&state={STATE}"
CODE = "code C1"
DONE = "document.title='done'"
SOON = f"setTimeout(()=>{{{DONE}}},300)"


@dataclass(frozen=True)
class Row:
    """`expect` is an event (code, declined, failed, refused, blocked) or silent, dropped, loaded."""

    number: int
    what: str
    expect: str
    page: Page
    more: dict[str, Page] = field(default_factory=dict)
    clicks: bool = False


def script(source: str) -> Page:
    return Page(f"<body style='margin:0'><script>{source}</script></body>")


def goes_to(number: int, address: str, expect: str) -> Row:
    """A script of the broker's page leads to the address."""
    return Row(number, address[:90], expect, script(f"location.href={json.dumps(address)};{SOON}"))


def redirect(status: int, address: str) -> Page:
    return Page("", status, (("Location", address),))


def body(html: str) -> Page:
    return Page(f"<body style='margin:0'>{html}</body>")


_EVIL = f"https://evil.example/oauth/callback{OK}"
_FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in "example")
_SUBMIT = "<script>document.forms[0].submit()</script>"
_WIDE_LINK = "<a href='{}' {} style='position:fixed;inset:0;display:block'>go</a>"

ROWS = [
    # What the engine makes of an address before it asks.
    *(
        goes_to(row, address, CODE)
        for row, address in [
            (1, CB + OK),
            (2, f"HTTPS://EXAMPLE.COM:443/oauth/callback{OK}"),
            (2, f"https://example.com/x/../oauth/callback{OK}"),
            (2, f"https://example.com/oauth/./callback{OK}"),
            (3, f"https:\\\\example.com\\oauth\\callback{OK}"),
            (3, f"https://exam\tple.com/oauth/\ncallback{OK}"),
            (3, f"https://{_FULL_WIDTH}.com/oauth/callback{OK}"),
            (3, f"https://example%2ecom/oauth/callback{OK}"),
            (4, f"{CB}{OK}#_=_"),
        ]
    ),
    goes_to(5, f"{CB}?code=a%2Fb%2Bc%3D&state={STATE}", "code a/b+c="),
    goes_to(5, f"{CB}?code=C+D&state={STATE}", "code C D"),
    goes_to(6, f"{CB}?error=access_denied&state={STATE}", "declined access_denied"),
    goes_to(7, f"{CB}?error=<b>x</b>&error_description=<img>&state={STATE}", "declined other"),
    goes_to(8, CB, "failed state_mismatch"),
    goes_to(9, f"{CB}?code=C1&state=wrong", "failed state_mismatch"),
    goes_to(12, f"{CB}?code=C1&code=C2&state={STATE}", "failed malformed_answer"),
    goes_to(14, f"{CB}?code=C%0d%0a&state={STATE}", "failed malformed_answer"),
    goes_to(14, f"{CB}?code=C\N{RIGHT-TO-LEFT MARK}&state={STATE}", "failed malformed_answer"),
    goes_to(15, f"{CB}?code={'c' * 2049}&state={STATE}", "failed malformed_answer"),
    goes_to(16, f"{CB}{OK}&pad={'p' * 8192}", "refused "),
    goes_to(17, f"{CB}?code=C1&amp;state={STATE}", "failed state_mismatch"),
    goes_to(19, f"{CB}#code=C1&state={STATE}", "failed state_mismatch"),
    goes_to(20, f"{CB}{OK}#access_token=T", "failed malformed_answer"),
    Row(
        21,
        "form posted to the callback",
        "failed state_mismatch",
        body(f"<form method=post action='{CB}'><input name=code value=C1></form>{_SUBMIT}"),
    ),
    *(
        goes_to(row, address, f"refused {site}")
        for row, address, site in [
            (22, f"http://example.com/oauth/callback{OK}", "example.com"),
            (22, f"https://example.com:8443/oauth/callback{OK}", "example.com"),
            (23, f"https://u:p@example.com/oauth/callback{OK}", "example.com"),
            (24, f"https://example.com./oauth/callback{OK}", "example.com."),
            (25, f"{CB}/extra{OK}", "example.com"),
            (26, f"{CB}.evil.example{OK}", "example.com"),
            (27, f"{CB}%3Fcode=C1&state={STATE}", "example.com"),
            (27, f"{CB};x=1{OK}", "example.com"),
            (28, f"https://example.com/OAuth/Callback{OK}", "example.com"),
            (28, f"https://example.com/oauth%2fcallback{OK}", "example.com"),
            (28, f"https://example.com//oauth/callback{OK}", "example.com"),
            (29, "https://example.com/", "example.com"),
            (30, f"https://example.com.evil.example/oauth/callback{OK}", "example.com.evil.example"),
            (30, _EVIL, "evil.example"),
            (31, f"https://example.com@evil.example/oauth/callback{OK}", "evil.example"),
            (31, f"https://example.com:443@evil.example/oauth/callback{OK}", "evil.example"),
            (32, f"https://evil.example\\@example.com/oauth/callback{OK}", "evil.example"),
            (33, f"https://evil.example/?u={CB}", "evil.example"),
            (34, "https://example.com\n.evil.example/oauth/callback", "example.com.evil.example"),
            (35, f"https://ex\N{CYRILLIC SMALL LETTER A}mple.com/oauth/callback{OK}", "xn--exmple-4nf.com"),
            (35, f"https://xn--exmple-4nf.com/oauth/callback{OK}", "xn--exmple-4nf.com"),
            (36, f"https://93.184.216.34/oauth/callback{OK}", "93.184.216.34"),
            (36, f"https://0x5db8d822/oauth/callback{OK}", "93.184.216.34"),
            (36, f"https://[::1]/oauth/callback{OK}", "::1"),
            (37, f"https://{BROKER}.evil.example/", f"{BROKER}.evil.example"),
            (37, f"https://{BROKER}@evil.example/", "evil.example"),
            (37, f"https://{BROKER}:8443/", BROKER),
            (37, f"http://{BROKER}/", BROKER),
        ]
    ),
    # The engine itself stops most of these; none may open a page, start a program or end the attempt.
    *(
        goes_to(row, address, "silent")
        for row, address in [
            (35, f"https://example.com\N{FRACTION SLASH}oauth\N{FRACTION SLASH}.evil.example/{OK}"),
            (38, "file:///etc/hostname"),
            (38, "data:text/html,<title>done</title>"),
            (38, "qrc:/x"),
            (38, "chrome://version/"),
            (38, "devtools://devtools/"),
            (38, f"view-source:https://{BROKER}/"),
            (38, f"filesystem:https://{BROKER}/temporary/x"),
            (38, "ftp://example.com/"),
            (39, "myapp:x"),
            (39, "mailto:a@example.com"),
            (39, "tel:1"),
        ]
    ),
    Row(
        38,
        "blob:",
        "silent",
        script(f"location.href=URL.createObjectURL(new Blob(['x'],{{type:'text/html'}}));{SOON}"),
    ),
    goes_to(40, f"javascript:location='{CB}{OK}'", CODE),
    goes_to(40, f"javascript:location='{_EVIL}'", "refused evil.example"),
    goes_to(42, f"/landed?next={CB}", "loaded"),
    Row(
        43, "https: without slashes is a path of the broker", "loaded", script("location.href='https:landed'")
    ),
    # How an address may be reached.
    *(
        Row(44, f"{status} to the callback", CODE, redirect(status, CB + OK))
        for status in (302, 303, 307, 308)
    ),
    Row(
        45,
        "307 after a POST with a password",
        CODE,
        body(f"<form method=post action='login'><input name=p value=hunter2></form>{_SUBMIT}"),
        {"login": redirect(307, CB + OK)},
    ),
    Row(46, "meta refresh", CODE, body(f"<meta http-equiv=refresh content='0;url={CB}{OK}'>")),
    Row(46, "Refresh header", CODE, Page("x", 200, (("Refresh", f"0;url={CB}{OK}"),))),
    Row(46, "location.replace", CODE, script(f"location.replace('{CB}{OK}')")),
    Row(46, "link", CODE, body(_WIDE_LINK.format(CB + OK, "")), clicks=True),
    Row(
        46,
        "GET form",
        CODE,
        body(
            f"<form action='{CB}'><input name=code value=C1><input name=state value='{STATE}'></form>"
            f"{_SUBMIT}"
        ),
    ),
    Row(
        47,
        "a frame sends the top away",
        CODE,
        body("<iframe src='inner'></iframe>"),
        {"inner": script(f"top.location='{CB}{OK}'")},
    ),
    Row(48, "iframe", "dropped", body(f"<iframe src='{CB}{OK}'></iframe><script>{SOON}</script>")),
    Row(48, "object", "dropped", body(f"<object data='{CB}{OK}'></object><script>{SOON}</script>")),
    Row(
        48,
        "iframe by way of a 302",
        "dropped",
        body(f"<iframe src='hop'></iframe><script>{SOON}</script>"),
        {"hop": redirect(302, CB + OK)},
    ),
    Row(49, "image", "dropped", body(f"<img src='{CB}{OK}' onerror=\"{DONE}\">")),
    Row(49, "stylesheet", "dropped", body(f"<link rel=stylesheet href='{CB}{OK}' onerror=\"{DONE}\">")),
    Row(49, "script", "dropped", body(f"<script src='{CB}{OK}' onerror=\"{DONE}\"></script>")),
    Row(49, "fetch", "dropped", script(f"fetch('{CB}{OK}',{{mode:'no-cors'}}).finally(()=>{DONE})")),
    Row(
        49,
        "redirected fetch",
        "dropped",
        script(f"fetch('hop',{{mode:'no-cors'}}).finally(()=>{DONE})"),
        {"hop": redirect(302, CB + OK)},
    ),
    Row(49, "beacon", "dropped", script(f"navigator.sendBeacon('{CB}{OK}','x');{SOON}")),
    Row(49, "prefetch", "silent", body(f"<link rel=prefetch href='{CB}{OK}'><script>{SOON}</script>")),
    Row(
        49, "preload", "dropped", body(f"<link rel=preload as=image href='{CB}{OK}'><script>{SOON}</script>")
    ),
    Row(
        49,
        "web socket",
        "dropped",
        script(f"new WebSocket('wss://example.com/oauth/callback{OK}').onerror=()=>{DONE}"),
    ),
    Row(50, "pushState", "silent", script(f"history.pushState(0,'','/oauth/callback{OK}');{SOON}")),
    Row(51, "window.open", "silent", script(f"window.open('{CB}{OK}');{SOON}")),
    Row(51, "target=_blank", "blocked popup", body(_WIDE_LINK.format(CB + OK, "target=_blank")), clicks=True),
    Row(
        51,
        "window.open after a click",
        "blocked popup",
        body(f"<button style='position:fixed;inset:0' onclick=\"window.open('{CB}{OK}')\">go</button>"),
        clicks=True,
    ),
    Row(52, "302 to another site", "refused evil.example", redirect(302, _EVIL)),
    Row(
        53,
        "prerender rules",
        "silent",
        body(
            "<script type=speculationrules>"
            + json.dumps({"prerender": [{"urls": [CB + OK], "eagerness": "immediate"}]})
            + f"</script><script>{SOON}</script>"
        ),
    ),
    Row(
        54,
        "a download, then the callback",
        CODE,
        script(f"location.href='file';setTimeout(()=>location.href='{CB}{OK}',400)"),
        {"file": Page("x", 200, (("Content-Disposition", "attachment; filename=x.bin"),))},
    ),
    Row(
        54,
        "a 401 with Basic",
        "blocked http_login",
        Page("x", 401, (("WWW-Authenticate", 'Basic realm="x"'),)),
    ),
]
