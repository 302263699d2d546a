"""What may systems ask?

The doors for other systems: HTTP in, stories told in one transaction each, masked JSON out.
"""

from ecif.api import (
    audit,
    customers,
    deliveries,
    details,
    events,
    finding,
    health,
    impact,
    imports,
    merging,
    pins,
    policy,
    proposals,
    records,
    reference,
    reviews,
    snapshot,
    stream,
    subscriptions,
)
from ecif.api.access_log import AccessLog
from ecif.api.asyncapi import events_document
from ecif.api.callers import Callers, ExternalIssuer
from ecif.api.doors import Door, GuardedRoute
from ecif.api.figures import ProcessFigures, figures_served
from ecif.api.gate import Gate, Traffic
from ecif.api.problems import on_http, on_invalid, on_refusal
from ecif.api.reference import document_of
from ecif.api.wiring import Limits, Readiness, Wiring

DOORS: tuple[Door, ...] = (
    customers.door,
    details.door,
    finding.door,
    merging.door,
    pins.door,
    records.door,
    reviews.door,
    proposals.door,
    events.door,
    subscriptions.door,
    deliveries.door,
    stream.door,
    snapshot.door,
    imports.door,
    policy.door,
    impact.door,
    audit.door,
    health.door,
    reference.door,
)
"""In the order in which the reference shows them; the first that fits an address answers it."""

__all__ = [
    "DOORS",
    "AccessLog",
    "Callers",
    "Door",
    "ExternalIssuer",
    "Gate",
    "GuardedRoute",
    "Limits",
    "ProcessFigures",
    "Readiness",
    "Traffic",
    "Wiring",
    "document_of",
    "events_document",
    "figures_served",
    "on_http",
    "on_invalid",
    "on_refusal",
]
