"""The redirect table: what the page may load, what ends the attempt, what is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.protocol.signin import (
    MAX_URL_LENGTH,
    CodeGrant,
    Declined,
    Failed,
    Refused,
    SignInAttempt,
    Verdict,
)

CB = "https://example.com/oauth/callback"
ORIGIN = "https://auth.broker.example"
STATE = "S1" + "x" * 41
OK = f"?code=C1&state={STATE}"
ISSUER = "https://auth.broker.example/issuer"

FORGED = Failed("state_mismatch")
MALFORMED = Failed("malformed_answer")


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def an_attempt(clock: Clock | None = None, *, issuer: str | None = ISSUER) -> SignInAttempt:
    return SignInAttempt(
        redirect_uri=CB, state=STATE, sign_in_origins=[ORIGIN], issuer=issuer, clock=clock or Clock()
    )


def verdict_on(url: str) -> Verdict:
    return an_attempt().receive_url(url)


# Rows of the threat model's table, in the engine's canonical spelling. Rows about engines (2, 3, 40, 41 and
# 43 to 54) are replayed through the real one in tests/ui/signin.
BELIEVED = [
    (1, CB + OK, "C1"),
    (1, f"{CB}?state={STATE}&code=C1", "C1"),
    (1, f"{CB}{OK}&scope=trading", "C1"),
    (1, f"{CB}{OK}&iss=https%3A%2F%2Fauth.broker.example%2Fissuer", "C1"),
    (4, f"{CB}{OK}#_=_", "C1"),
    (4, f"{CB}{OK}#top", "C1"),
    (4, f"{CB}{OK}#code=C2&state=other", "C1"),
    (5, f"{CB}?code=a%2Fb%2Bc%3D&state={STATE}", "a/b+c="),
    (5, f"{CB}?code=C+D&state={STATE}", "C D"),
    (15, f"{CB}?code={'c' * 2048}&state={STATE}", "c" * 2048),
]

DECLINED = [
    (6, f"{CB}?error=access_denied&state={STATE}", "access_denied"),
    (6, f"{CB}?error=server_error&state={STATE}", "server_error"),
    (6, f"{CB}?error=temporarily_unavailable&state={STATE}", "temporarily_unavailable"),
    (7, f"{CB}?error=%3Cb%3Ehi%3C%2Fb%3E&error_description=%3Cimg%3E&state={STATE}", "other"),
]

ABORTED = [
    (8, CB, FORGED),
    (8, f"{CB}?code=C1", FORGED),
    (8, f"{CB}?state={STATE}", MALFORMED),
    (8, f"{CB}?error=access_denied", FORGED),
    (9, f"{CB}?code=C1&state=wrong", FORGED),
    (9, f"{CB}?code=C1&state={STATE.lower()}", FORGED),
    (9, f"{CB}?code=C1&state={STATE[:-1]}", FORGED),
    (9, f"{CB}?code=C1&state={STATE}%20", FORGED),
    (9, f"{CB}?code=C1&state={STATE}+", FORGED),
    (10, f"{CB}?code=C1&state={'S2' + 'x' * 41}", FORGED),
    (12, f"{CB}?code=C1&code=C2&state={STATE}", MALFORMED),
    (12, f"{CB}?code=C1&state={STATE}&state={STATE}", MALFORMED),
    (12, f"{CB}?c%6Fde=C1&code=C1&state={STATE}", MALFORMED),
    (12, f"{CB}?code=C1&error=access_denied&state={STATE}", MALFORMED),
    (13, f"{CB}?code=&state={STATE}", MALFORMED),
    (13, f"{CB}?code&state={STATE}", MALFORMED),
    (13, f"{CB}?code=C1&state=", FORGED),
    (14, f"{CB}?code=C%0d%0a1&state={STATE}", MALFORMED),
    (14, f"{CB}?code=C%001&state={STATE}", MALFORMED),
    (14, f"{CB}?code=C%E2%80%8F1&state={STATE}", MALFORMED),
    (14, f"{CB}?code=C%ff&state={STATE}", MALFORMED),
    (14, f"{CB}?code=C%7F&state={STATE}", MALFORMED),
    (14, f"{CB}?code=C%zz&state={STATE}", MALFORMED),
    (15, f"{CB}?code={'c' * 2049}&state={STATE}", MALFORMED),
    (17, f"{CB}?code[]=C1&state={STATE}", MALFORMED),
    (17, f"{CB}?CODE=C1&STATE={STATE}", FORGED),
    (17, f"{CB}?code=C1;state={STATE}", FORGED),
    (17, f"{CB}?code=C1&amp;state={STATE}", FORGED),
    (18, f"{CB}{OK}&iss=https%3A%2F%2Fother.example", MALFORMED),
    (18, f"{CB}{OK}&iss=", MALFORMED),
    (19, f"{CB}#code=C1&state={STATE}", FORGED),
    (20, f"{CB}{OK}#access_token=T", MALFORMED),
    (20, f"{CB}{OK}#x=1&ACCESS%5Ftoken=T", MALFORMED),
    (20, f"{CB}{OK}&access_token=T", MALFORMED),
    (21, f"{CB}?", FORGED),
]

ELSEWHERE = [
    (22, "http://example.com/oauth/callback" + OK, "example.com"),
    (22, "https://example.com:8443/oauth/callback" + OK, "example.com"),
    (23, "https://u:p@example.com/oauth/callback" + OK, "example.com"),
    (24, "https://example.com./oauth/callback" + OK, "example.com."),
    (24, "https://www.example.com/oauth/callback" + OK, "www.example.com"),
    (25, f"{CB}/{OK}", "example.com"),
    (25, f"{CB}/extra{OK}", "example.com"),
    (25, f"{CB}x{OK}", "example.com"),
    (26, f"{CB}.evil.example{OK}", "example.com"),
    (27, f"{CB};x=1{OK}", "example.com"),
    (27, f"{CB}%00{OK}", "example.com"),
    (27, f"{CB}%20{OK}", "example.com"),
    (27, f"{CB}%3Fcode=C1&state={STATE}", "example.com"),
    (28, f"https://example.com/OAuth/Callback{OK}", "example.com"),
    (28, f"https://example.com/oauth%2fcallback{OK}", "example.com"),
    (28, f"https://example.com//oauth/callback{OK}", "example.com"),
    (29, "https://example.com/", "example.com"),
    (30, f"https://example.com.evil.example/oauth/callback{OK}", "example.com.evil.example"),
    (30, f"https://evil.example/oauth/callback{OK}", "evil.example"),
    (31, f"https://example.com@evil.example/oauth/callback{OK}", "evil.example"),
    (31, f"https://example.com:443@evil.example/oauth/callback{OK}", "evil.example"),
    (32, f"https://evil.example/@example.com/oauth/callback{OK}", "evil.example"),
    (33, f"https://evil.example/?u={CB}", "evil.example"),
    (33, f"https://evil.example/#{CB}", "evil.example"),
    (35, f"https://xn--exmple-4nf.com/oauth/callback{OK}", "xn--exmple-4nf.com"),
    (36, f"https://93.184.216.34/oauth/callback{OK}", "93.184.216.34"),
    (36, f"https://[::1]/oauth/callback{OK}", "::1"),
    (37, f"{ORIGIN}.evil.example/", "auth.broker.example.evil.example"),
    (37, f"{ORIGIN}@evil.example/", "evil.example"),
    (37, f"{ORIGIN}:8443/", "auth.broker.example"),
    (37, "http://auth.broker.example/", "auth.broker.example"),
]

NO_WEB_PAGE = [
    *(
        (38, f"{scheme}:something", f"{scheme}:")
        for scheme in (
            "file",
            "data",
            "blob",
            "qrc",
            "chrome",
            "devtools",
            "view-source",
            "filesystem",
            "ftp",
        )
    ),
    *((39, f"{scheme}:something", f"{scheme}:") for scheme in ("myapp", "mailto", "tel")),
    (40, "javascript:location='x'", "javascript:"),
]


@pytest.mark.parametrize(("row", "url", "code"), BELIEVED)
def test_a_right_answer_is_believed(row: int, url: str, code: str) -> None:
    assert verdict_on(url) == CodeGrant(code)


@pytest.mark.parametrize(("row", "url", "reason"), DECLINED)
def test_a_refusal_by_the_broker_has_a_reason_from_our_list(row: int, url: str, reason: str) -> None:
    verdict = verdict_on(url)
    assert isinstance(verdict, Declined)
    assert verdict.reason == reason


@pytest.mark.parametrize(("row", "url", "failure"), ABORTED)
def test_an_answer_that_cannot_be_believed_ends_the_attempt(row: int, url: str, failure: Failed) -> None:
    attempt = an_attempt()
    assert attempt.receive_url(url) == failure
    assert attempt.receive_url(CB + OK) == Failed("expired")


@pytest.mark.parametrize(("row", "url", "site"), ELSEWHERE)
def test_another_site_is_refused_by_its_encoded_name_and_the_attempt_lives(
    row: int, url: str, site: str
) -> None:
    attempt = an_attempt()
    assert attempt.receive_url(url) == Refused("other_site", site)
    assert attempt.receive_url(CB + OK) == CodeGrant("C1")


@pytest.mark.parametrize(("row", "url", "scheme"), NO_WEB_PAGE)
def test_an_address_that_is_no_web_page_is_refused(row: int, url: str, scheme: str) -> None:
    assert verdict_on(url) == Refused("other_scheme", scheme)


@pytest.mark.parametrize(
    "url",
    [
        f"{ORIGIN}/oauth/authorize?client_id=1",
        f"{ORIGIN}/login?next={CB}",
        ORIGIN,
        f"{ORIGIN}?a",
        f"{ORIGIN}/#x",
    ],
)
def test_the_brokers_own_pages_load(url: str) -> None:
    assert verdict_on(url) is None


def test_an_address_over_eight_kilobytes_is_refused_even_when_it_is_the_callback() -> None:
    attempt = an_attempt()
    padding = "p" * (MAX_URL_LENGTH + 1 - len(f"{CB}{OK}&pad="))
    assert attempt.receive_url(f"{CB}{OK}&pad={padding}") == Refused("too_long")
    assert attempt.receive_url(f"{CB}{OK}&pad={padding[1:]}") == CodeGrant("C1")


def test_text_that_no_engine_would_give_is_refused() -> None:
    assert verdict_on("https://ex\N{CYRILLIC SMALL LETTER A}mple.com/oauth/callback" + OK) == Refused(
        "unreadable"
    )
    assert verdict_on(CB + "\n" + OK) == Refused("unreadable")


def test_an_answer_counts_once() -> None:
    attempt = an_attempt()
    assert attempt.receive_url(CB + OK) == CodeGrant("C1")
    assert attempt.receive_url(CB + OK) == Failed("expired")
    assert attempt.receive_url(f"{ORIGIN}/login") == Refused("over")


def test_an_answer_after_ten_minutes_comes_too_late() -> None:
    clock = Clock()
    attempt = an_attempt(clock)
    clock.now_s += 599.9
    assert attempt.remaining_s == pytest.approx(0.1)
    clock.now_s += 0.1
    assert attempt.receive_url(f"{ORIGIN}/login") == Refused("over")
    assert attempt.receive_url(CB + OK) == Failed("expired")


def test_no_attempt_lives_longer_than_ten_minutes_whatever_it_was_given() -> None:
    attempt = SignInAttempt(
        redirect_uri=CB, state=STATE, sign_in_origins=[ORIGIN], issuer=None, clock=Clock(), lifetime_s=9999
    )
    assert attempt.remaining_s == 600


def test_an_answer_after_cancel_is_not_believed() -> None:
    attempt = an_attempt()
    attempt.end()
    assert attempt.receive_url(CB + OK) == Failed("expired")


def test_two_attempts_do_not_believe_each_others_answers() -> None:
    other_state = "S2" + "x" * 41
    one, other = (
        an_attempt(),
        SignInAttempt(
            redirect_uri=CB, state=other_state, sign_in_origins=[ORIGIN], issuer=None, clock=Clock()
        ),
    )
    assert one.receive_url(f"{CB}?code=C1&state={other_state}") == FORGED
    assert other.receive_url(f"{CB}?code=C2&state={other_state}") == CodeGrant("C2")


def test_an_issuer_says_nothing_to_a_profile_that_names_none() -> None:
    assert an_attempt(issuer=None).receive_url(f"{CB}{OK}&iss=https%3A%2F%2Fanyone.example") == CodeGrant(
        "C1"
    )


def test_a_code_is_not_in_the_text_of_its_value() -> None:
    assert "SECRET" not in repr(CodeGrant("SECRET"))
    assert "SECRET" not in str(CodeGrant("SECRET"))


@given(st.text(max_size=300))
def test_no_query_without_our_state_is_ever_believed(query: str) -> None:
    verdict = verdict_on(f"{CB}?{query}")
    assert isinstance(verdict, Failed | Refused)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200))
def test_only_the_redirect_itself_is_ever_an_answer(suffix: str) -> None:
    verdict = verdict_on(f"{CB}{suffix}{OK}")
    if not suffix.startswith(("?", "#")):
        assert isinstance(verdict, Refused) == (suffix != "")


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200))
def test_no_address_loads_unless_it_is_of_a_listed_origin(address: str) -> None:
    verdict = verdict_on(address)
    assert verdict is not None
    hidden = verdict_on(f"{ORIGIN}{address}")
    assert (hidden is None) == address.startswith(("/", "?", "#"))
