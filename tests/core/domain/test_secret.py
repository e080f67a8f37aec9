"""A secret shows its mask wherever a careless line might print it."""

import copy
import gc
import json
import logging
import pickle  # noqa: TID251 - to see that it refuses
import threading
import traceback

import msgspec
import pytest

from core.domain.grant import Grant
from core.domain.secret import Secret, alive_secrets

CANARY = "canary-5b1c7c1e-5d0f"


@pytest.mark.parametrize(
    "shown",
    [
        repr,
        str,
        ascii,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r}",
        lambda secret: f"{secret:>40}",
        lambda secret: "%s" % secret,  # noqa: UP031 - the old way must be masked too
        lambda secret: "{}".format(secret),  # noqa: UP032 - and this one
        lambda secret: repr([secret]),
        lambda secret: repr({"token": secret}),
        lambda secret: repr(Grant(token=secret, scopes=frozenset())),
    ],
)
def test_no_way_of_printing_shows_it(shown):
    secret = Secret(CANARY)
    assert CANARY not in shown(secret)
    assert secret.reveal() == CANARY


@pytest.mark.parametrize(
    "keep", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, msgspec.msgpack.encode]
)
def test_it_is_not_serialised_or_copied(keep):
    with pytest.raises(TypeError) as refused:
        keep(Secret(CANARY))
    assert CANARY not in str(refused.value)


def test_it_does_not_reach_the_log(caplog):
    secret = Secret(CANARY)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("token %s %r", secret, {"t": secret})
    assert CANARY not in caplog.text


def test_it_does_not_reach_a_traceback():
    secret = Secret(CANARY)
    try:
        raise ValueError("refused", secret)
    except ValueError:
        assert CANARY not in traceback.format_exc()


def test_two_secrets_are_never_equal_so_that_nobody_compares_them_that_way():
    assert Secret(CANARY) != Secret(CANARY)


def test_the_log_filter_knows_the_living_and_forgets_the_dead():
    kept = Secret("kept-secret")
    Secret("dropped-secret")
    gc.collect()
    values = {secret.reveal() for secret in alive_secrets()}
    assert kept.reveal() in values
    assert "dropped-secret" not in values


def test_secrets_may_be_made_while_another_thread_looks_at_them_all():
    stop = threading.Event()
    kept: list[Secret] = []

    def make() -> None:
        while not stop.is_set() and len(kept) < 20_000:
            kept.append(Secret("s"))

    maker = threading.Thread(target=make)
    maker.start()
    try:
        for _ in range(200):
            alive_secrets()
    finally:
        stop.set()
        maker.join()
