"""The straight way to an endpoint: a request that says nothing but an address and a good body needs no framework.

Finding, reading and checking every possible parameter costs the framework a third of a read. Whatever is not plain
(a query, a body that does not fit) goes the framework's way, and is refused there in its words.
"""

from collections.abc import Callable
from typing import Any, get_type_hints

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.responses import Response

from ecif.api.call import Call

_Endpoint = Callable[..., Any]


class StraightWay:
    """Calls the endpoint of one route with what its address and body say."""

    def __init__(self, route: APIRoute) -> None:
        """Look at what the route's endpoint asks for."""
        asked = route.dependant
        self._call_name = asked.request_param_name
        self._body = asked.body_params[0] if asked.body_params else None
        self._endpoint: _Endpoint | None = asked.call if _is_plain(asked) else None

    async def answer(self, call: Call) -> Response | None:
        """The endpoint's answer; None when this request must go the framework's way."""
        if self._endpoint is None or call.scope["query_string"]:
            return None
        said: dict[str, Any] = {str(self._call_name): call, **call.path_params}
        if self._body is not None:
            if call.plain is None:
                return None
            value, faults = self._body.validate(call.plain, {}, loc=("body",))
            if faults:
                return None
            said[self._body.name] = value
        answer: Response = await self._endpoint(**said)
        return answer


def _is_plain(asked: Dependant) -> bool:
    """Whether words of the address, one body and the call itself are all that an endpoint needs."""
    needs_more = asked.dependencies or asked.header_params or asked.cookie_params
    if needs_more or asked.call is None or asked.request_param_name is None:
        return False
    return (
        get_type_hints(asked.call).get("return") is Response
        and len(asked.body_params) < 2
        and not any(getattr(field.field_info, "embed", False) for field in asked.body_params)
        and not any(field.field_info.is_required() for field in asked.query_params)
        and all(
            field.field_info.annotation is str and not field.field_info.metadata
            for field in asked.path_params
        )
    )
