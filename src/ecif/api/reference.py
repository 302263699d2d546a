"""The OpenAPI document, and a page of it that needs nothing from outside."""

from ecif.api.doors import Door

door = Door("operations")
