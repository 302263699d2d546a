from collections.abc import Iterator

import pytest

from ecif.api import GuardedRoute
from ecif.app import bare_app
from ecif.security import Scope
from tests.api.counter import Counter

OPEN = {"/livez", "/readyz", "/openapi.json", "/docs"}
WORDS = {
    "customer_no": "10000000017",
    "system": "core",
    "key": "C1",
    "field": "sex",
    "review_id": "00000000-0000-4000-8000-000000000000",
    "proposal_id": "00000000-0000-4000-8000-000000000000",
    "subscription_id": "00000000-0000-4000-8000-000000000000",
    "position": "1",
    "import_id": "00000000-0000-4000-8000-000000000000",
    "version": "1",
}


def routes() -> Iterator[GuardedRoute]:
    for route in bare_app().routes:
        assert isinstance(route, GuardedRoute), f"{route} came up beside the doors"
        yield route


def address(route: GuardedRoute) -> str:
    return route.path.replace(":path}", "}").format(**WORDS)


def test_every_route_names_its_scope_but_those_that_are_open_to_everybody() -> None:
    assert {route.path for route in routes() if route.needs is None} == OPEN


def test_the_published_document_names_the_scope_of_every_route() -> None:
    document = bare_app().openapi()

    for route in routes():
        if route.include_in_schema and route.needs is not None:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                assert operation["security"] == [{"bearer": [route.needs.value]}]


async def test_no_route_lets_a_caller_in_without_its_scope(counter: Counter) -> None:
    counter.app.state.wiring.stopping.set()  # a stream ends at once
    for route in routes():
        if route.needs is None:
            continue
        method = next(iter(route.methods or {"GET"}))
        others = [scope for scope in Scope if scope not in (route.needs, Scope.ADMIN)]

        nobody = await counter.http.request(method, address(route))
        stranger = await counter.ask(method, address(route), {}, token=counter.token(*others))
        knower = await counter.ask(method, address(route), {}, token=counter.token(route.needs))

        assert nobody.status_code == 401, route.path
        assert nobody.headers["www-authenticate"] == "Bearer"
        assert stranger.status_code == 403, route.path
        assert stranger.json()["scope"] == route.needs
        assert f'scope="{route.needs}"' in stranger.headers["www-authenticate"]
        assert knower.status_code not in (401, 403, 405, 500), route.path


@pytest.mark.parametrize(
    ("hours", "issued_hours_ago"), [(1, 2), (3, -2)], ids=["expired", "not yet valid"]
)
async def test_a_token_counts_in_its_time_only(
    counter: Counter, hours: float, issued_hours_ago: float
) -> None:
    token = counter.token(hours=hours, issued_hours_ago=issued_hours_ago)

    answer = await counter.get("/v1/customers/10000000017", token=token)

    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:ecif:problem:invalid-token"
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer x.y.z", "Bearer a b", "Bearer é"]
)
async def test_what_is_no_bearer_token_is_refused(counter: Counter, header: str) -> None:
    answer = await counter.http.get(
        "/v1/customers/10000000017", headers=[(b"Authorization", header.encode())]
    )

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
