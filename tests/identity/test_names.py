"""Names of persons: what writes them differently does not make them different."""

import pytest
from hypothesis import given

from ecif.identity import Name, PersonName, person_name_of
from tests.identity.texts import ANY_TEXT


def named(full: str) -> PersonName:
    return person_name_of(Name(full=full))


@pytest.mark.parametrize(
    ("written", "hanzi"),
    [
        ("張偉", "张伟"),
        ("张 伟", "张伟"),
        ("张\u3000伟", "张伟"),
        ("歐陽修先生", "欧阳修"),
        ("热依汗•依明", "热依汗依明"),
        ("热依汗．依明", "热依汗依明"),
        ("热依汗 依明", "热依汗依明"),
        ("张伟（ZHANG WEI）", "张伟"),
        ("王\ue863", "王䶮"),
        ("陈昇", "陈升"),
    ],
)
def test_script_width_blanks_and_interpuncts_do_not_matter(written: str, hanzi: str) -> None:
    assert named(written).hanzi == hanzi


@pytest.mark.parametrize(
    ("written", "pinyin"),
    [
        ("单雄信", "shan xiong xin"),
        ("曾国藩", "zeng guo fan"),
        ("仇英", "qiu ying"),
        ("解缙", "xie jin"),
        ("查良镛", "zha liang yong"),
        ("区志伟", "ou zhi wei"),
        ("尉迟恭", "yu chi gong"),
        ("万俟卨", "mo qi xie"),
        ("吕布", "lv bu"),
        ("任盈盈", "ren ying ying"),
    ],
)
def test_a_surname_is_read_as_a_surname(written: str, pinyin: str) -> None:
    assert named(written).pinyin == pinyin


def test_a_compound_surname_is_one_surname() -> None:
    name = named("司马相如")

    assert (name.family, name.given) == ("司马", "相如")


def test_two_characters_never_are_a_compound_surname_alone() -> None:
    name = named("夏侯")

    assert (name.family, name.given) == ("夏", "侯")


def test_a_transliterated_name_has_no_surname_with_or_without_its_interpunct() -> None:
    dotted, plain = named("阿不都热合曼·买买提"), named("阿不都热合曼买买提")

    assert dotted.family == plain.family == ""
    assert dotted.pinyin == plain.pinyin
    assert dotted.written == "阿不都热合曼·买买提"


@pytest.mark.parametrize("written", ["张?", "张*", "张□", "张〇", "张＊"])
def test_an_untold_character_is_kept_as_one(written: str) -> None:
    name = named(written)

    assert (name.hanzi, name.pinyin, name.wildcard) == ("张?", "zhang ?", True)


def test_a_rare_character_typed_as_pinyin_can_still_be_read() -> None:
    name = named("王梦YI")

    assert (name.hanzi, name.pinyin, name.wildcard) == ("王梦?", "wang meng yi", True)


@pytest.mark.parametrize(
    "written",
    ["WANG MENGXIAO", "Mengxiao Wang", "wangmengxiao", "Wang Meng Xiao", "Wang, Mengxiao"],
)
def test_a_chinese_name_in_latin_letters_reads_like_its_hanzi(written: str) -> None:
    assert named(written).pinyin == named("王梦晓").pinyin


@pytest.mark.parametrize(
    ("written", "pinyin"),
    [
        ("LYU BU", "lv bu"),
        ("CENG GUOFAN", "zeng guo fan"),
        ("OUYANG XIU", "ou yang xiu"),
        ("LIN LINYUE", "lin lin yue"),
        ("LI YANYU", "li yan yu"),
        ("REYIHAN YIMING", "re yi han yi ming"),
    ],
)
def test_latin_spellings_of_passports_are_understood(written: str, pinyin: str) -> None:
    assert named(written).pinyin == pinyin


def test_western_names_are_not_taken_for_chinese_ones() -> None:
    western = ("William Frost", "Kim Lee", "Ben Smith", "Marianne Paine")

    assert {named(full).pinyin for full in western} == {""}


@pytest.mark.parametrize(
    ("written", "family", "tokens"),
    [
        ("Frost, William W.", "frost", ("william", "w", "frost")),
        ("Mr. Recep Tayyip Erdoğan", "erdogan", ("recep", "tayyip", "erdogan")),
        ("Nicolas SARKOZY", "sarkozy", ("nicolas", "sarkozy")),
        ("Ursula von der Leyen", "von der leyen", ("ursula", "leyen")),
        ("O'Brien, Seán", "obrien", ("sean", "obrien")),
        ("Владимир Путин", "putin", ("vladimir", "putin")),
        ("Ben Smith", "smith", ("ben", "smith")),
        ("Jürgen Groß", "gross", ("jurgen", "gross")),
    ],
)
def test_latin_names_come_without_titles_particles_and_accents(
    written: str, family: str, tokens: tuple[str, ...]
) -> None:
    name = named(written)

    assert (name.family, name.tokens) == (family, tokens)


def test_parts_that_the_source_tells_are_believed() -> None:
    name = person_name_of(Name(given="Wei", family="Zhang"))

    assert (name.family, name.given, name.pinyin) == ("zhang", "wei", "zhang wei")


def test_parts_in_hanzi_are_put_together_surname_first() -> None:
    assert person_name_of(Name(given="伟", family="張")).hanzi == "张伟"


@given(ANY_TEXT)
def test_any_text_has_a_name_and_its_written_form_has_the_same(text: str) -> None:
    once = named(text)

    if once.written:
        again = named(once.written)
        assert (again.hanzi, again.pinyin, again.written) == (once.hanzi, once.pinyin, once.written)


@given(ANY_TEXT, ANY_TEXT)
def test_any_parts_have_a_name(given_name: str, family: str) -> None:
    assert isinstance(person_name_of(Name(given=given_name, family=family)).tokens, tuple)
