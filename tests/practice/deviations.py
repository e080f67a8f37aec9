"""What the checks against the OpenAPI files allow for. docs/practice.md has these rows, and more."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One row of the table. `unserved` are paths of the OpenAPI files, which may end in *."""

    what: str
    reason: str
    unserved: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()  # patterns of "METHOD path: problem"


DEVIATIONS = (
    Deviation(
        what="no wallets, perpetuals, short locates, tokenization, bonds, currencies, indices",
        reason="nothing that the client or the SDK's trading and data clients can ask for",
        unserved=(
            "/v1/locates*",
            "/v2/wallets*",
            "/v2/perpetuals/*",
            "/v2/tokenization/*",
            "/v2/assets/fixed_income/*",
            "/v1beta1/crypto-perps/*",
            "/v1beta1/fixed_income/*",
            "/v1beta1/forex/*",
            "/v1beta1/indices/*",
        ),
    ),
    Deviation(
        what="the exchange of a coin is `CRYPTO`, which the OpenAPI file does not list",
        reason="the broker and its SDK say so",
        allows=(r"\w+ /v2/.*: \$.*\.exchange: 'CRYPTO' is not one of .*",),
    ),
    Deviation(
        what="where closing all positions is refused for one of them, its body is the broker's error",
        reason="the broker does so, though the OpenAPI file knows only orders there",
        allows=(r"DELETE /v2/positions: \$\[\]\.body\.\w+ is missing",),
    ),
    Deviation(
        what="fields that the OpenAPI files do not call nullable may be null",
        reason="the broker's own examples and the protocol page say so",
    ),
    Deviation(
        what="`order_class` may be empty",
        reason="the broker sends so for simple orders",
    ),
)


def is_served(path: str) -> bool:
    """Whether a path of the files is one that the practice broker has."""
    unserved = [wanted for deviation in DEVIATIONS for wanted in deviation.unserved]
    return not any(path.startswith(one[:-1]) if one.endswith("*") else path == one for one in unserved)


def is_known(problem: str) -> bool:
    """Whether a deviation allows for a problem that a check has found."""
    patterns = [pattern for deviation in DEVIATIONS for pattern in deviation.allows]
    return any(re.fullmatch(pattern, problem) for pattern in patterns)
