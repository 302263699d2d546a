from collections import defaultdict

from tests.delivery.post import Post
from tests.delivery.receiver import Receiver


async def test_every_event_reaches_the_subscriber_in_order(post: Post, receiver: Receiver) -> None:
    subscription, _ = await post.subscribe(receiver.url)
    people = await post.bank.people("张伟", "李娜", "王芳")
    for person in people:
        await post.pin(person, "pilot", "baker", "clerk")
    count = await post.number()

    async with post.relay():
        await receiver.wait_for_count(count)
        told = await post.until(subscription.id, lag=0)

    sequences = defaultdict(list)
    for event in receiver.events():
        sequences[event["subject"]].append(event["sequence"])
    assert sorted(event["position"] for event in receiver.events()) == list(range(1, count + 1))
    assert all(each == sorted(each) for each in sequences.values())
    assert (told.delivered_count, told.apart, told.failure) == (count, 0, None)
