"""What happens to one request: is it one we serve, what does it ask, may it, what did the broker say."""

import logging
import math
import re
from typing import cast

from aiohttp import web

from token_proxy import answers
from token_proxy.answers import Refused, answer
from token_proxy.broker import Broker
from token_proxy.callers import counted_address
from token_proxy.config import Config
from token_proxy.connections import Connection, Limits
from token_proxy.exchange import parsed_exchange
from token_proxy.limiter import Limiter
from token_proxy.values import HEALTH_PATH

JSON_TYPE = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)
LENGTH = re.compile(r"[0-9]{1,6}")

log = logging.getLogger(__name__)


class Service:
    """The two routes. Stateless but for the limiter it is given."""

    def __init__(self, config: Config, broker: Broker, limiter: Limiter, limits: Limits) -> None:
        self._config, self._broker, self._limiter, self._limits = config, broker, limiter, limits

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; the connection closes after it."""
        connection = cast(Connection, request.protocol)  # serve() makes no other kind
        try:
            # The target as it came, byte for byte: no query, no other spelling, no absolute form.
            if request.raw_path == HEALTH_PATH:
                return self._health(request, connection)
            if request.raw_path.partition("?")[0] != self._config.path:
                raise Refused(answers.NOT_HERE)
            return await self._exchange(request, connection)
        except Refused as refused:
            log.debug("refused: %s", refused.refusal.error)
            return answer(refused.refusal.status, refused.refusal.body, refused.headers)

    def _health(self, request: web.BaseRequest, connection: Connection) -> web.Response:
        if request.method not in {"GET", "HEAD"}:
            raise Refused(answers.WRONG_METHOD, {"Allow": "GET, HEAD"})
        connection.request_complete()
        return answer(200, {"status": "alive"})

    async def _exchange(self, request: web.BaseRequest, connection: Connection) -> web.Response:
        self._check_head(request)
        try:
            body = await request.read()
        except (ConnectionError, web.RequestPayloadError):
            raise Refused(answers.MALFORMED) from None  # the caller hung up in the middle
        connection.request_complete()
        exchange = parsed_exchange(body, self._config)
        caller = counted_address(
            request.remote or "", request.headers.getall("X-Forwarded-For", ()), self._config.trusted_hops
        )
        wait_s = await self._limiter.wait_s(caller)
        if wait_s > 0:
            raise Refused(answers.TOO_MANY, {"Retry-After": str(math.ceil(wait_s))})
        token = await self._broker.redeem(exchange, connection.accepted_at + self._limits.total_s)
        log.info("exchanged a code for a token")
        return answer(200, token)

    def _check_head(self, request: web.BaseRequest) -> None:
        headers = request.headers
        if request.method != "POST":
            raise Refused(answers.WRONG_METHOD, {"Allow": "POST"})
        if "Upgrade" in headers:
            raise Refused(answers.MALFORMED)
        if "?" in request.raw_path:
            raise Refused(answers.NO_QUERY)
        if "Origin" in headers:
            raise Refused(answers.FROM_A_PAGE)
        if not JSON_TYPE.fullmatch(headers.get("Content-Type", "")) or "Content-Encoding" in headers:
            raise Refused(answers.NOT_JSON)
        if "Expect" in headers:
            raise Refused(answers.EXPECTATION)
        # One way to say how long a body is leaves nothing for two parsers to disagree about.
        length = headers.get("Content-Length", "")
        if "Transfer-Encoding" in headers or not length:
            raise Refused(answers.NO_LENGTH)
        if not LENGTH.fullmatch(length) or int(length) > self._limits.body_bytes:
            raise Refused(answers.BODY_TOO_LARGE)
