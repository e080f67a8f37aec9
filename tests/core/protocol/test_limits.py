"""What answers say of the request limit, whatever their headers hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.protocol.limits import rate_facts, retry_after_s
from tests.core.golden import answer

DATE = "Fri, 20 Nov 2026 15:04:05 GMT"  # 1795187045
NAMES = ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "date")


def test_the_headers_of_the_documents_are_understood():
    facts = rate_facts(
        answer(
            {},
            x_ratelimit_limit="200",
            x_ratelimit_remaining="17",
            x_ratelimit_reset="1795187065",
            date=DATE,
        )
    )
    assert (facts.limit, facts.remaining, facts.reset_s, facts.is_refusal) == (200, 17, 20, False)


def test_a_refusal_names_its_patience():
    facts = rate_facts(answer({}, 429, retry_after="7"))
    assert (facts.is_refusal, facts.retry_after_s) == (True, 7)


def test_a_reset_in_the_past_or_without_a_date_is_no_wait_we_could_know():
    assert rate_facts(answer({}, x_ratelimit_reset="1795187000", date=DATE)).reset_s == 0
    assert rate_facts(answer({}, x_ratelimit_reset="1795187000")).reset_s is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("86400", 86_400),
        ("Fri, 20 Nov 2026 15:04:35 GMT", 30),
        ("Friday, 20-Nov-26 15:04:35 GMT", 30),
        ("Fri, 20 Nov 2026 15:00:00 GMT", 0),
    ],
)
def test_a_patience_is_a_number_of_seconds_or_lasts_until_a_date_by_the_brokers_own_clock(text, seconds):
    assert retry_after_s(answer({}, 429, retry_after=text, date=DATE)) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1e9", "1.", "٣", DATE])
def test_a_patience_that_is_neither_or_a_date_without_the_brokers_own_is_none(text):
    assert retry_after_s(answer({}, 429, retry_after=text)) is None


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)), st.integers(100, 599))
def test_no_headers_whatever_make_it_raise(headers, status):
    rate_facts(answer({}, status, **{name.replace("-", "_"): text for name, text in headers.items()}))
