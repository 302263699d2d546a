from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg
import httpx
import orjson
import pytest

from ecif.api import figures_served
from ecif.delivery import Reconciler
from ecif.errors import Busy
from ecif.security import Scope
from tests import postgres
from tests.api.counter import Counter, open_counter, person
from tests.sweep import CANARY_CHINESE_NAME


async def test_a_ready_process_says_so_without_a_token(counter: Counter) -> None:
    alive, ready = await counter.http.get("/livez"), await counter.http.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {"status": "ready"}


@pytest.fixture
def door_to_database(database_url: str, tmp_path: Path) -> tuple[str, Path]:
    """An address of the database that leads through a folder of the test's own, and its socket there."""
    address = urlsplit(database_url)
    [folder] = parse_qs(address.query).get("host", [""])
    if not folder.startswith("/"):
        pytest.skip("the server is not reached by a socket")
    name = f".s.PGSQL.{parse_qs(address.query).get('port', ['5432'])[0]}"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).symlink_to(f"{folder}/{name}")
    query = f"host={tmp_path / 'run'}&port={name.rsplit('.', 1)[1]}"
    return urlunsplit(address._replace(query=query)), tmp_path / "run" / name


async def test_without_its_database_a_process_is_alive_but_not_ready(
    door_to_database: tuple[str, Path], postgres_url: str, tmp_path: Path
) -> None:
    url, socket = door_to_database
    name = urlsplit(url).path.removeprefix("/")
    end_sessions = (
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    async with open_counter(url, tmp_path) as counter:
        number = await counter.number("张伟")
        socket.rename(socket.with_name("away"))
        postgres.execute(postgres_url, end_sessions)

        alive, ready = await counter.http.get("/livez"), await counter.http.get("/readyz")
        read = await counter.get(f"/v1/customers/{number}")
        told = await counter.post("/v1/customers", person("李娜"))
        socket.with_name("away").rename(socket)
        again = await counter.http.get("/readyz")
        later = await counter.get(f"/v1/customers/{number}")

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["because"] == "the database does not answer"
    for answer in (read, told):
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:ecif:problem:busy")
        assert answer.headers["retry-after"] == "1"
    assert (again.status_code, later.status_code) == (200, 200)


async def test_a_database_that_hangs_makes_a_process_unready_within_two_seconds(
    counter: Counter, database_url: str
) -> None:
    hanging = await asyncpg.connect(database_url)
    async with hanging.transaction():
        await hanging.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        began = monotonic()
        ready = await counter.http.get("/readyz")
        took_seconds = monotonic() - began
    await hanging.close()

    assert ready.status_code == 503
    assert took_seconds < 2


async def test_a_request_that_cannot_go_on_is_answered_in_time_and_holds_nothing(
    database_url: str, tmp_path: Path
) -> None:
    hanging = await asyncpg.connect(database_url)
    pin = {"field": "sex", "value": "male", "reason": "as the customer says"}
    async with open_counter(database_url, tmp_path, request_timeout_seconds=0.5) as counter:
        number = await counter.number("张伟")
        async with hanging.transaction():
            await hanging.execute("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE")
            began = monotonic()
            write = await counter.post(f"/v1/customers/{number}/pins", pin)
            read = await counter.get(f"/v1/customers/{number}")
            took_seconds = monotonic() - began
        waiting = await hanging.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' "
            "AND datname = current_database()"
        )
        later = await counter.post(f"/v1/customers/{number}/pins", pin)
    await hanging.close()

    assert (write.status_code, read.status_code) == (503, 503)
    assert write.headers["retry-after"] == "1"
    assert took_seconds < 4
    assert waiting == 0
    assert (later.status_code, later.json()["version"]) == (200, 2)


async def test_a_database_without_the_tables_of_this_version_is_not_ready(
    counter: Counter, database_url: str
) -> None:
    postgres.execute(database_url, "UPDATE alembic_version SET version_num = 'former'")

    answer = await counter.http.get("/readyz")

    assert answer.status_code == 503
    assert "former" in answer.json()["because"]


async def test_metrics_count_by_route_template(counter: Counter) -> None:
    await counter.get("/v1/customers/10000000017")

    answer = await counter.get("/metrics", token=counter.token(Scope.METRICS_READ))

    line = 'ecif_http_request_seconds_count{method="GET",route="/v1/customers/{customer_no}",status="404"} 1.0'
    assert line in answer.text
    assert "ecif_events_waiting 0.0" in answer.text
    assert "10000000017" not in answer.text


SUBSCRIPTION = {
    "name": "crm",
    "target": {"kind": "webhook", "url": "https://crm.bank.example/hooks"},
    "start": "beginning",
}


def figures_of(text: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_metrics_tell_how_far_everything_is(counter: Counter) -> None:
    await counter.take_in(person("张伟", phones=[{"number": "13812345678"}]))
    latin = [{"kind": "latin", "given": "Wei", "family": "Zhang"}]
    await counter.take_in(person(names=latin, phones=[{"number": "13812345678"}]))
    await counter.number_events()
    await counter.number("李娜")
    made = await counter.post("/v1/admin/subscriptions", SUBSCRIPTION)
    await Reconciler(counter.database).look_once()

    figures = figures_of((await counter.get("/metrics")).text)

    of_crm = f'{{subscription="{made.json()["subscription"]["subscription_id"]}"}}'
    assert figures["ecif_database_up"] == 1
    assert figures["ecif_feed_position"] == 5
    assert figures["ecif_events_waiting"] == 2
    assert figures["ecif_oldest_event_waiting_seconds"] > 0
    assert figures["ecif_reviews_open"] == 1
    assert figures["ecif_oldest_review_seconds"] > 0
    assert figures['ecif_imports{state="running"}'] == 0
    assert figures[f"ecif_subscription_lag_events{of_crm}"] == 5
    assert figures[f"ecif_subscription_oldest_unsent_seconds{of_crm}"] > 0
    assert figures[f"ecif_subscription_parked{of_crm}"] == 0
    assert figures["ecif_reconciler_holes"] == 0
    assert figures["ecif_reconciler_compared"] == 3
    assert figures["ecif_pool_taken_total"] > 5


async def test_figures_have_a_port_of_their_own_that_needs_no_token(
    counter: Counter, database_url: str
) -> None:
    wiring = counter.app.state.wiring

    with figures_served(counter.database, wiring.metrics, host="127.0.0.1", port=0) as port:
        async with httpx.AsyncClient() as http:
            shown = await http.get(f"http://127.0.0.1:{port}/metrics")

    figures = figures_of(shown.text)
    assert figures["ecif_feed_position"] == 0
    assert "ecif_pool_taken_total" in figures


async def test_without_its_database_a_process_shows_what_it_knows_of_itself(
    counter: Counter,
) -> None:
    await counter.database.close()

    figures = figures_of((await counter.get("/metrics")).text)

    assert figures["ecif_database_up"] == 0
    assert "ecif_pool_taken_total" in figures


async def test_the_access_log_holds_templates_and_ids_alone(counter: Counter) -> None:
    number = await counter.number(CANARY_CHINESE_NAME)
    await counter.get(f"/v1/customers/{number}?fields=names", headers={"X-Request-Id": "caller-1"})
    await counter.get("/v1/nowhere/110105194912317352")

    counter.access_log.close()
    lines = [orjson.loads(line) for line in counter.log.getvalue().splitlines()]

    assert [(each["method"], each["route"], each["status"]) for each in lines] == [
        ("POST", "/v1/customers", 201),
        ("GET", "/v1/customers/{customer_no}", 200),
        ("-", "-", 404),
    ]
    assert lines[1]["request_id"] == "caller-1"
    assert all(each["ms"] >= 0 for each in lines)
    for secret in (number, CANARY_CHINESE_NAME, "110105194912317352", "fields"):
        assert secret.encode() not in counter.log.getvalue()


async def test_a_mistake_of_ours_is_told_by_its_request_id_and_logged_without_its_text(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(CANARY_CHINESE_NAME)

    monkeypatch.setattr(type(counter.database), "connection", broken)

    answer = await counter.get("/v1/customers/10000000017")

    [record] = [each for each in caplog.records if each.msg == "http.fault"]
    assert answer.status_code == 500
    assert answer.json()["instance"] == f"urn:ecif:request:{answer.headers['x-request-id']}"
    assert record.__dict__["error"] == "RuntimeError"
    assert CANARY_CHINESE_NAME not in answer.text + str(record.__dict__)


async def test_a_failing_commit_is_no_201(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise Busy

    monkeypatch.setattr("ecif.store.outbox.flush", fails)

    answer = await counter.post("/v1/customers", person("张伟"))

    assert answer.status_code == 503
