"""Who must be told?

Owns the subscriptions, what each of them has not received yet, and the ways an event leaves the house.
"""

from ecif.delivery.addresses import AddressNotAllowed, Allowed
from ecif.delivery.apart import (
    DeliveryNotFound,
    Waiting,
    WaitingState,
    find_waiting,
    list_waiting,
    retry,
    send_once_more,
    skip,
)
from ecif.delivery.attempts import Attempt, forget_attempts, list_attempts
from ecif.delivery.changing import TargetFixed, change, replay, rotate_secret, unsubscribe
from ecif.delivery.envelope import body_of, event_of
from ecif.delivery.findings import ReconcilerReport, reconciler_report
from ecif.delivery.lagging import Lag, attempts_within, lags_of
from ecif.delivery.leases import Held
from ecif.delivery.pace import Pace
from ecif.delivery.places import settled_position
from ecif.delivery.reconciler import Reconciler
from ecif.delivery.relay import Relay
from ecif.delivery.secrets import Secrets
from ecif.delivery.sink import Handed, Message, Outcome, Sink
from ecif.delivery.subscriptions import (
    NewSubscription,
    Subscription,
    SubscriptionNotFound,
    get_subscription,
    list_subscriptions,
    subscribe,
)
from ecif.delivery.targets import Target, TargetNotInstalled, WaysOut, WebhookTarget
from ecif.delivery.trying import Tried, try_out
from ecif.delivery.webhook import Outside

__all__ = [
    "AddressNotAllowed",
    "Allowed",
    "Attempt",
    "DeliveryNotFound",
    "Handed",
    "Held",
    "Lag",
    "Message",
    "NewSubscription",
    "Outcome",
    "Outside",
    "Pace",
    "Reconciler",
    "ReconcilerReport",
    "Relay",
    "Secrets",
    "Sink",
    "Subscription",
    "SubscriptionNotFound",
    "Target",
    "TargetFixed",
    "TargetNotInstalled",
    "Tried",
    "Waiting",
    "WaitingState",
    "WaysOut",
    "WebhookTarget",
    "attempts_within",
    "body_of",
    "change",
    "event_of",
    "find_waiting",
    "forget_attempts",
    "get_subscription",
    "lags_of",
    "list_attempts",
    "list_subscriptions",
    "list_waiting",
    "reconciler_report",
    "replay",
    "retry",
    "rotate_secret",
    "send_once_more",
    "settled_position",
    "skip",
    "subscribe",
    "try_out",
    "unsubscribe",
]
