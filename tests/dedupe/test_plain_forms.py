"""Read a column at a time or one by one: whatever is written, the forms are the same."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from ecif.dedupe import RowReading
from ecif.dedupe.pairs import Desk
from ecif.dedupe.plan import plan_pairs
from ecif.dedupe.records import records_of
from ecif.identity import Name, RowRefused, organisation_name_of
from ecif.matching import features_of, observe, scores_of
from ecif.rules import default_rules
from tests.dedupe.files import sample

RULES = default_rules().matching
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def one_of(words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words.split())


def some(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def with_check_digit(body: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


names = st.one_of(
    one_of(
        "王伟 欧阳修 李曉明 张三丰 单雄信 曾国藩 乐嘉 王先生 阿里木·买买提 O'Brien 张＊ 王ZHE 重阳 长孙"
    ),
    st.text("王李张伟芳娜长乐重單曾国○?· a", min_size=1, max_size=5),
    one_of(
        "ZHANG,Wei Wei_ZHANG Müller Жуков Chang Ouyang_Xiu LI_MA MA_LI DR_WANG Lin_YUE Smith_WANG lyu_lyu Wei_Li_Na"
    ).map(lambda text: text.replace("_", " ")),
    some(
        one_of("王 張 欧阳 单 上官 曾"),
        one_of("_ 伟 小\u3000明 晓 東方 单 女"),
        one_of("_ 先生 女士 博士 ·"),
    ).map(lambda text: text.replace("_", " ")),
)
mobiles = some(
    one_of("_ +86 0086 86 0").map(lambda text: text.strip("_")),
    one_of("13 18 19 12"),
    digits(8, 10),
)
phones = mobiles | one_of(
    "0755-48414718 +86-138-1234-5678 0222-2222222 02222222222 ０５１０－21805079 "
    "021-45746299 13800000000 １３８１２３４５６７８ +4915112345678 x 010-62345678转12"
)
emails = some(
    one_of("a A.b a..b .a a_b-1 张"),
    one_of("@ @@ ＠"),
    one_of("126.com Mail.EXAMPLE.org b x.y. 1.2"),
)
places = one_of(
    "江苏省无锡市惠山区 北京市朝阳区 中国上海市 无锡市 吉林省吉林市 青岛市市北区 新疆昌吉自治州 浦东新区 义县某某市 "
    "阿里地区 内蒙古自治区 东区 义县 康定市市区 中国江苏省市区 广东省广州市开发区 _"
).map(lambda text: text.strip("_"))
roads = one_of(
    "中山路 北京东路 人民大街 長安街 解放路三巷 幸福街道 胜利镇建设路 路北街 市场街 东大街 区政府路 盟东路镇南巷 _ 道"
).map(lambda text: text.strip("_"))
tails = some(
    digits(1, 4),
    one_of("号 號 - －"),
    st.text("碧水苑大厦号楼栋单元室层期弄附之镇乡路一二十A#-０９ 3", max_size=8),
    digits(0, 4),
    one_of("室 楼 层101 _ 栋4-2604 -1").map(lambda text: text.strip("_")),
)
addresses = some(places, roads, tails) | st.text("江苏省无锡市中山路1号a-", min_size=1, max_size=10)
ids = st.one_of(
    some(
        one_of("110108 320211 710000 810000 990101"),
        one_of("19840211 19901332 20000229 18400101"),
        digits(3, 3),
    ).map(with_check_digit),
    some(one_of("110108"), one_of("19840211"), digits(3, 3), one_of("1 X x * 7")),
    digits(15, 18),
    some(one_of("110108840211 110108000229 320211991332 810000840211"), one_of("001 998 12X")),
    some(one_of("91110108MA01ABCD1 12310109MAW5B35P4"), one_of(" ".join("0123456789ABCX*i"))),
    some(one_of("E G1 PE 1"), digits(5, 9)),
    one_of("E12345678 1101081984021100１7 91110108MA01ABCD12 ******* 110108840211001"),
)
companies = some(
    one_of("无锡 上海市 江苏省无锡市 中国 重慶 朝阳区 _ ACME-").map(lambda text: text.strip("_")),
    st.text("长乐重单银行科技集团公司国際a 1?", max_size=4),
    one_of("_ （上海） (控股) （有限公司） 【长乐】 _").map(lambda text: text.strip("_")),
    one_of(
        "有限公司 有限责任公司 股份有限公司 公司 有恨公司 集团 合伙企业有限合伙 _ 店 Ltd 有限合伙企业"
    ),
    one_of("_ _ _ 分公司 南京分公司 京支行 总公司分公司 第一分店 (杭州)"),
).map(lambda text: text.replace("_", "") or "A")


def told(values: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | values


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "full_name": told(names),
            "name_en": told(names),
            "org_name": told(companies),
            "id_type": told(one_of("resident_id passport Resident_ID permit other uscc")),
            "id_number": told(ids),
            "passport": told(ids),
            "birth_date": told(
                one_of(
                    "1984-02-11 1984/2/11 1984 1984-13-01 19840211 1984-02-30 0984-02-11 1984-12-31"
                )
            ),
            "gender": told(one_of("M F 男 x")),
            "phone": told(phones),
            "work_phone": told(phones),
            "email": told(emails),
            "address": told(addresses),
            "province": told(places),
            "city": told(one_of("无锡市 上海 Praha")),
            "postcode": told(one_of("214000 ２１４０００ 2140-00")),
            "employer": told(companies),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(ROWS)
def test_whatever_is_written_columns_are_read_like_rows(rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    reading = RowReading(frame.columns)
    records = records_of(frame, reading, processes=1)

    for kind in records.kinds:
        for place, row in enumerate(kind.rows.tolist()):
            whole = features_of(reading.identity(rows[row]))
            assert kind.table.features(place) == whole._replace(keys=())
    for row in records.refused:
        try:
            reading.identity(rows[row])
        except RowRefused:
            continue
        raise AssertionError(rows[row])


@settings(max_examples=100)
@given(st.text("长乐重单曾都行会中国银行科技有限公司 aB?·重庆朝阳音乐", min_size=1, max_size=10))
def test_words_are_read_as_the_dictionary_reads_the_whole(text: str) -> None:
    known = organisation_name_of(Name(full=f"测{text}"))

    if not known.core.isascii():
        readings = "".join(lazy_pinyin(known.core, errors=" ".join)).replace(" ", "")
        assert known.pinyin.replace(" ", "") == readings


def test_pairs_left_early_are_those_that_are_worth_nothing() -> None:
    frame = sample(rows=700, seed=21)
    for kind in records_of(frame, RowReading(frame.columns), processes=1).kinds:
        plan = plan_pairs(kind, np.arange(len(kind.rows)))
        desk = Desk(kind.table, RULES, 1, lambda _: None)
        kept, _ = desk.scored_with_closure(plan, None)
        every = scores_of(kind.table, observe(kind.table, plan.left, plan.right), RULES)
        worth = every.bits >= RULES.of_kind(kind.table.kind).review_at_bits

        found = set(zip(kept.left.tolist(), kept.right.tolist(), kept.bits.tolist(), strict=True))
        wanted = zip(
            every.left[worth].tolist(),
            every.right[worth].tolist(),
            every.bits[worth].tolist(),
            strict=True,
        )
        assert found >= set(wanted)
