"""Made-up customers of a bank, the same for the same seed: persons here and abroad, and companies."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ecif.identity.check_digits import resident_check_digit, uscc_check_digit


def _words(text: str) -> list[str]:
    return text.split()


_FAMILIES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆"
    "范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
_GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲芬建国文辉力波宁福生龙元全胜学祥才发武新利清飞彬富顺信子"
    "浩宇轩涵睿博泽嘉怡欣妍梓晨诗雨思琪佳慧雪婷颖琳倩蕾薇菲凯俊峰鹏志远航旭阳天成晓春海燕云莲真环荣爱妹香月莺媛瑞凡"
    "青贞莉兰凤洁梅素永健世广义兴良仁贵民友裕河哲江庆策腾弘毅若彤亦心书瑶可馨语桐一诺安然景行之恒"
)
_WESTERN_GIVEN: Final = _words(
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph "
    "Jessica Thomas Sarah Carlos Karen Daniel Nancy Matteo Lisa Anton Betty Mark Sandra Hans Ashley Steven Emily "
    "Andre Donna Joshua Michelle Kevin Carol Brian Amanda Felix Olga Ivan Ingrid"
)
_STEMS: Final = _words(
    "Ash Black Brad Bren Bur Cal Car Clay Cole Craw Dal Dan Den Dray East El Fair Fal Fen Gar Glen Gran Green Hal Ham "
    "Har Hart Haw Hill Holl Kel Kings Lan Lang Lin Lock Mar May Mill Nor North Oak Par Pem Quin Rad Red Rock Ros Sand "
    "Shel Stan Sut Thorn Tre Wal War Wes Whit Win Wood York"
)
_ENDINGS: Final = _words(
    "berg bury by combe cott dale den ell er field ford gate ham hurst ing ington land ley low man mere more ness "
    "over port ridge shaw sen son stead ster stone ton ville wald well wick win wood worth"
)
_CITIES: Final = (
    ("110101", "北京市", "北京市", "东城区"),
    ("310115", "上海市", "上海市", "浦东新区"),
    ("330106", "浙江省", "杭州市", "西湖区"),
    ("440305", "广东省", "深圳市", "南山区"),
    ("440106", "广东省", "广州市", "天河区"),
    ("320102", "江苏省", "南京市", "玄武区"),
    ("510104", "四川省", "成都市", "锦江区"),
    ("420106", "湖北省", "武汉市", "武昌区"),
    ("610113", "陕西省", "西安市", "雁塔区"),
    ("370202", "山东省", "青岛市", "市南区"),
)
_STREETS: Final = _words(
    "中山 人民 解放 建设 文化 和平 新华 长江 学院 科技 花园 胜利 滨河 朝阳 东风 光明 红旗 南京 北京 上海 湖滨 黄河 "
    "青年 团结 体育 工业 世纪 金融 友谊 迎宾 凤凰 玉泉 紫荆 梧桐 银杏 翠竹 松柏 桃源 云山 天府"
)
_TRADES: Final = _words("科技 贸易 建筑 食品 物流 机械 咨询 电子 服装 医药 农业 传媒")
_ORGANISATION_SHARE: Final = 0.08
_WESTERN_SHARE: Final = 0.15


@dataclass(frozen=True, slots=True)
class World:
    """Everybody there is, by number; the same seed makes the same people."""

    seed: int = 2026

    def first_record(self, number: int) -> dict[str, Any]:
        """What the core system says about a customer."""
        return {
            "source_system": "core",
            "source_key": f"C{number:09d}",
            "source_version": 1,
            **self._truth(number),
        }

    def second_record(self, number: int, system: str = "cards") -> dict[str, Any]:
        """What another system says about the same customer: some of it, and some of it new."""
        chance = self._chance("second", number)
        said = self._truth(number)
        if chance.random() < 0.4 and said["kind"] == "person":
            del said["documents"]
        elif chance.random() < 0.5:
            said["phones"] = [{"kind": "mobile", "number": _mobile(chance)}]
        if chance.random() < 0.3:
            del said["addresses"]
        return {
            "source_system": system,
            "source_key": f"K{number:09d}",
            "source_version": 1,
            **said,
        }

    def mixed(self, *, known: int, count: int, share_new: float = 0.5) -> Iterator[dict[str, Any]]:
        """Records of new customers and second records of known ones, in no order, each customer once.

        Args:
            known: How many customers are stored.
            count: How many records; those of known customers are at most `known`.
            share_new: How many of them are of new customers, 0 to 1.
        """
        chance = self._chance("mixed", count)
        second = iter(chance.sample(range(known), min(known, count)))
        for place in range(count):
            if chance.random() < share_new:
                yield self.first_record(known + place)
            else:
                yield self.second_record(next(second))

    def _truth(self, number: int) -> dict[str, Any]:
        chance = self._chance("truth", number)
        draw = chance.random()
        if draw < _ORGANISATION_SHARE:
            return _organisation(chance)
        if draw < _ORGANISATION_SHARE + _WESTERN_SHARE:
            return _western_person(chance)
        return _person(chance)

    def _chance(self, about: str, number: int) -> random.Random:
        return random.Random(f"{self.seed}:{about}:{number}")


def _person(chance: random.Random) -> dict[str, Any]:
    family = chance.choice(_FAMILIES)
    given = "".join(chance.choices(_GIVEN, k=1 if chance.random() < 0.12 else 2))
    area, region, city, district = chance.choice(_CITIES)
    birth, body = _birth(chance), f"{chance.randrange(1_000):03d}"
    line = f"{area}{birth.replace('-', '')}{body}"
    return {
        "kind": "person",
        "names": [{"kind": "legal", "full": family + given}],
        "birth_date": birth,
        "sex": "male" if int(body) % 2 else "female",
        "nationality": "CN",
        "documents": [{"kind": "cn_resident_id", "number": line + resident_check_digit(line)}],
        "phones": [{"kind": "mobile", "number": _mobile(chance)}],
        "emails": [{"address": f"{_word(chance)}{chance.randrange(10_000)}@example.com"}],
        "addresses": [_address(chance, region, city, district)],
    }


def _western_person(chance: random.Random) -> dict[str, Any]:
    given, family = chance.choice(_WESTERN_GIVEN), _place_word(chance)
    street = f"{chance.randrange(1, 3_000)} {_place_word(chance)} Street"
    return {
        "kind": "person",
        "names": [{"kind": "legal", "given": given, "family": family}],
        "birth_date": _birth(chance),
        "documents": [{"kind": "passport", "number": f"{_letters(chance, 2)}{_digits(chance, 7)}"}],
        "phones": [{"kind": "mobile", "number": f"+1202{_digits(chance, 7)}"}],
        "emails": [{"address": f"{given}.{family}{chance.randrange(10_000)}@example.org".lower()}],
        "addresses": [
            {
                "kind": "home",
                "country": "US",
                "city": _place_word(chance),
                "line": street,
                "postcode": _digits(chance, 5),
            }
        ],
    }


def _organisation(chance: random.Random) -> dict[str, Any]:
    area, region, city, district = chance.choice(_CITIES)
    core = "".join(chance.choices(_GIVEN, k=3))
    body = f"91{area}{_digits(chance, 9)}"
    return {
        "kind": "organisation",
        "names": [{"kind": "legal", "full": f"{city[:-1]}{core}{chance.choice(_TRADES)}有限公司"}],
        "documents": [{"kind": "cn_uscc", "number": body + uscc_check_digit(body)}],
        "phones": [{"kind": "work", "number": _mobile(chance)}],
        "addresses": [{**_address(chance, region, city, district), "kind": "registered"}],
        "legal_representative": chance.choice(_FAMILIES) + "".join(chance.choices(_GIVEN, k=2)),
        "established_on": f"{chance.randrange(1990, 2024)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        "country": "CN",
    }


def _address(chance: random.Random, region: str, city: str, district: str) -> dict[str, Any]:
    house, room = chance.randrange(1, 900), chance.randrange(101, 2_800)
    return {
        "kind": "home",
        "country": "CN",
        "region": region,
        "city": city,
        "district": district,
        "line": f"{chance.choice(_STREETS)}{chance.choice('路街道巷')}{house}号{room}室",
    }


def _birth(chance: random.Random) -> str:
    return f"{chance.randrange(1945, 2008)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"


def _mobile(chance: random.Random) -> str:
    return f"+861{chance.choice('356789')}{_digits(chance, 9)}"


def _digits(chance: random.Random, count: int) -> str:
    return f"{chance.randrange(10**count):0{count}d}"


def _letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=count))


def _place_word(chance: random.Random) -> str:
    return chance.choice(_STEMS) + chance.choice(_ENDINGS)


def _word(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=7))
