from tests.api.counter import Counter


async def test_the_trail_is_read_page_by_page(counter: Counter) -> None:
    for name in ("张伟", "李娜", "王芳"):
        await counter.number(name)

    first = (await counter.get("/v1/admin/audit?limit=2")).json()
    rest = (await counter.get(f"/v1/admin/audit?limit=2&after={first['next']}")).json()

    assert [each["action"] for each in first["items"] + rest["items"]] == ["record.new"] * 3
    assert {each["actor"] for each in first["items"]} == {"anna"}
    assert rest["next"] is None


async def test_a_merge_stands_in_the_trail_of_its_survivor(counter: Counter) -> None:
    survivor, absorbed = await counter.number("张伟"), await counter.number("李娜")
    merge_id = (await counter.merge(survivor, absorbed)).json()["merge_id"]

    trail = (await counter.get(f"/v1/admin/audit?subject={survivor}")).json()["items"]

    assert trail[-1]["action"] == "customer.merge"
    assert trail[-1]["details"]["merge_id"] == merge_id
    assert trail[-1]["details"]["absorbed"] == absorbed
