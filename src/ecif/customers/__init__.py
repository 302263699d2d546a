"""Who do we know, and from which facts?

Owns source records, links, anti-links, merges, pins, and the customers derived from them.
"""

from ecif.customers.apart import (
    AntiLink,
    anti_links_beside_reviews,
    anti_links_of,
    end_anti_links,
    part,
)
from ecif.customers.checking import differing_customers
from ecif.customers.desk import Desk, digest_of
from ecif.customers.detaching import NothingToDetach, detach, take_for_detach
from ecif.customers.folders import Folder, take_out
from ecif.customers.golden import GOLDEN_FIELDS, Golden, derive
from ecif.customers.happenings import Happening
from ecif.customers.history import history_of, story_of
from ecif.customers.linking import (
    CustomerNotLive,
    KindsDiffer,
    Rekeyed,
    SameCustomer,
    check_seen,
    merge,
    note_rekeying,
    take_for_merge,
)
from ecif.customers.masked import MaskedCustomer
from ecif.customers.numbers import customer_number, is_customer_number
from ecif.customers.pinning import PinNotFound, pin, release_pin, take_for_pin
from ecif.customers.reading import (
    ClearCustomer,
    get_as_of,
    get_clear,
    get_masked,
    masked_by_ids,
    resolve,
)
from ecif.customers.records import (
    Arrival,
    NewRecord,
    SourceRecord,
    arrival_of,
    stored_key_of,
)
from ecif.customers.rederiving import customer_ids_after, derive_outdated
from ecif.customers.snapshot import SnapshotLine, SnapshotPage, snapshot_page
from ecif.customers.states import CustomerState, known_to, states_at
from ecif.customers.stored import confirm, customers_of, find_records, has_sent
from ecif.customers.together import brought_together
from ecif.customers.unlinking import (
    MergeAlreadyUndone,
    MergeBlocked,
    MergeNotFound,
    StandingMerge,
    take_for_unmerge,
    unmerge,
)
from ecif.customers.versions import (
    Versions,
    changed_after,
    hold_still,
    linked_after,
    numbers_after,
    versions_of,
)
from ecif.customers.walking import count_after, customer_ids_spread, waiting_for_rules
from ecif.customers.writing import put_back

__all__ = [
    "GOLDEN_FIELDS",
    "AntiLink",
    "Arrival",
    "ClearCustomer",
    "CustomerNotLive",
    "CustomerState",
    "Desk",
    "Folder",
    "Golden",
    "Happening",
    "KindsDiffer",
    "MaskedCustomer",
    "MergeAlreadyUndone",
    "MergeBlocked",
    "MergeNotFound",
    "NewRecord",
    "NothingToDetach",
    "PinNotFound",
    "Rekeyed",
    "SameCustomer",
    "SnapshotLine",
    "SnapshotPage",
    "SourceRecord",
    "StandingMerge",
    "Versions",
    "anti_links_beside_reviews",
    "anti_links_of",
    "arrival_of",
    "brought_together",
    "changed_after",
    "check_seen",
    "confirm",
    "count_after",
    "customer_ids_after",
    "customer_ids_spread",
    "customer_number",
    "customers_of",
    "derive",
    "derive_outdated",
    "detach",
    "differing_customers",
    "digest_of",
    "end_anti_links",
    "find_records",
    "get_as_of",
    "get_clear",
    "get_masked",
    "has_sent",
    "history_of",
    "hold_still",
    "is_customer_number",
    "known_to",
    "linked_after",
    "masked_by_ids",
    "merge",
    "note_rekeying",
    "numbers_after",
    "part",
    "pin",
    "put_back",
    "release_pin",
    "resolve",
    "snapshot_page",
    "states_at",
    "stored_key_of",
    "story_of",
    "take_for_detach",
    "take_for_merge",
    "take_for_pin",
    "take_for_unmerge",
    "take_out",
    "unmerge",
    "versions_of",
    "waiting_for_rules",
]
