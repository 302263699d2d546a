"""Made-up customers for properties: names, numbers and contacts of all sorts, many of them equal by chance."""

from hypothesis import strategies as st

from ecif.identity import (
    Address,
    Document,
    Email,
    Identity,
    Name,
    Organisation,
    Person,
    Phone,
)

FULL_NAMES = (
    "张伟",
    "张玮",
    "張偉",
    "王?",
    "王晓东",
    "Zhang Wei",
    "WEI ZHANG",
    "zhangwei",
    "Anna Muller",
    "Müller, Anna",
)
RESIDENT_NUMBERS = (
    "110108198402110017",
    "110108198402110033",
    "110108840211001",
    "11010819840211001X",
    "110108********0017",
)
DATES = ("1984-02-11", "1984-11-02", "1984-01-01", "1984", "1984-02", "1975-06-20")
PHONES = ("13812345678", "+86 138 1234 5678", "010-62345678", "5551234")
EMAILS = ("zhangwei@example.com", "zhangwei@example.cn", "anna.m84@example.com")
LINES = (
    "海淀区中关村大街1号2号楼3单元401室",
    "中关村大街1号2-3-401",
    "12 High Street",
    "1000 Southern Ave",
)
COMPANIES = (
    "深圳华博科技有限公司",
    "华博科技（深圳）有限公司",
    "华博科技有限公司宁波分公司",
    "Huabo Technology Co., Ltd.",
    "Siemens AG",
)
CODES = ("91440300573291845B", "91310115MA1K3L5P7L", "57329184-5")


def _some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=2)


def _addresses() -> st.SearchStrategy[tuple[Address, ...]]:
    one = st.builds(
        Address,
        line=st.sampled_from(LINES),
        city=st.sampled_from((None, "北京市", "深圳市", "Leeds")),
        postcode=st.sampled_from((None, "100080", "LS1 4DY")),
    )
    return st.lists(one, max_size=2).map(tuple)


_DOCUMENTS = st.one_of(
    st.builds(Document, kind=st.just("cn_resident_id"), number=st.sampled_from(RESIDENT_NUMBERS)),
    st.builds(
        Document, kind=st.just("passport"), number=st.sampled_from(("E12345678", "E12345679"))
    ),
    st.builds(
        Document, kind=st.just("national_id"), number=st.sampled_from(("4332262", "4332226"))
    ),
)
_CODES = st.one_of(
    st.builds(Document, kind=st.just("cn_uscc"), number=st.sampled_from(CODES[:2])),
    st.builds(Document, kind=st.just("cn_org_code"), number=st.just(CODES[2])),
)

persons: st.SearchStrategy[Identity] = st.builds(
    Person,
    names=st.lists(st.builds(Name, full=st.sampled_from(FULL_NAMES)), min_size=1, max_size=2).map(
        tuple
    ),
    documents=st.lists(_DOCUMENTS, max_size=2).map(tuple),
    birth_date=st.sampled_from((None, *DATES)),
    sex=st.sampled_from((None, "male", "female")),
    phones=_some(PHONES).map(lambda told: tuple(Phone(number=one) for one in told)),
    emails=_some(EMAILS).map(lambda told: tuple(Email(address=one) for one in told)),
    addresses=_addresses(),
    employer=st.sampled_from((None, *COMPANIES)),
)
organisations: st.SearchStrategy[Identity] = st.builds(
    Organisation,
    names=st.lists(st.builds(Name, full=st.sampled_from(COMPANIES)), min_size=1, max_size=2).map(
        tuple
    ),
    documents=st.lists(_CODES, max_size=2).map(tuple),
    established_on=st.sampled_from((None, *DATES)),
    phones=_some(PHONES).map(lambda told: tuple(Phone(number=one) for one in told)),
    addresses=_addresses(),
    legal_representative=st.sampled_from((None, *FULL_NAMES)),
)
identities: st.SearchStrategy[Identity] = st.one_of(persons, organisations)
