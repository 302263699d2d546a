"""Pinyin: how hanzi are read, surnames above all, and how Latin text falls into syllables."""

from functools import lru_cache

from ecif.identity.readings import parted, readings_of, word_reading
from ecif.identity.scripts import word_list

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程"
    "魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱丘侯江尹薛闫阎段雷龙黎史陶贺毛"
    "郝顾龚邵万覃武钱戴代严莫孔向常汤康易乔赖文施洪辛柯樊兰殷翟安倪牛温庞葛佘逄仝乜俞章鲁伍岳齐"
    "梅庄柳聂焦祝纪舒耿牟卜詹关苗凌费欧阳盛宁单左骆柏涂尤裴阮冉冷蓝毕喻柴华滕宫穆甘古苟项童霍谷"
    "鲍祁景成车占裘缪解应宗管卞郁娄甄桑翁简鞠时连褚包卓党屈岑蒲慕邢池巩尚栾米艾敖桂全闵佟谌仲习"
    "隋戚封冀盖查边卫房路计靳苑沙晏储申吉曲荆寇匡栗芦窦狄辜晁臧虞芮郜商鄢明游翦胥蔺仇麦揭荀麻刁"
    "来敬郎郗上官印衡区瞿宿井展莘门战南元皮岩谯锺言母平巫洛蒙干鹿满原矫修粟由国果"
)
COMPOUND_SURNAMES = frozenset(
    word_list(
        "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 "
        "濮阳 公冶 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 颛孙 "
        "壤驷 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 百里 呼延 东郭 南门 羊舌 微生 左丘 西门 第五 "
        "淳于 达奚 褚师 纳兰 叶赫 完颜 耶律 富察"
    )
)
"""Surnames of two characters. Source: Baijiaxing (Song), and the household register's rarer ones."""

_SURNAME_READINGS = {
    **dict(
        pair.split("=")
        for pair in word_list(
            "单=shan 曾=zeng 仇=qiu 解=xie 查=zha 区=ou 盖=ge 任=ren 朴=piao 覃=qin 乐=yue 翟=zhai 员=yun "
            "贠=yun 繁=po 缪=miao 能=nai 祭=zhai 折=she 黑=he 秘=bi 冼=xian 洗=xian 召=shao 燕=yan 华=hua "
            "纪=ji 葛=ge 过=guo 句=gou 勾=gou 牟=mou 那=na 宁=ning 钭=tou 幺=yao 佴=nai 隗=wei 郗=xi 应=ying "
            "臧=zang 宿=su 相=xiang 车=che 卜=bu 种=chong 阚=kan 谌=chen 乜=nie 逄=pang 佘=she 褚=chu 柏=bai "
            "薄=bo 瞿=qu 曲=qu 撒=sa 盛=sheng 沈=shen 叶=ye 俞=yu 冒=mao 谷=gu 尹=yin 訾=zi 哈=ha 晟=cheng "
            "郇=xun 甄=zhen 石=shi 行=xing 角=jue 藏=zang 都=du 占=zhan 冯=feng 尉=wei 万=wan 降=xiang "
            "仝=tong 翁=weng 贾=jia 焦=jiao 莘=shen 长=zhang 强=qiang 奇=qi 系=xi 庞=pang 逯=lu 郝=hao "
            "鲜=xian 适=kuo 麴=qu"
        )
    ),
    "万俟": "mo qi", "尉迟": "yu chi", "长孙": "zhang sun", "澹台": "tan tai", "单于": "chan yu", "令狐": "ling hu",
    "拓跋": "tuo ba", "鲜于": "xian yu", "乐正": "yue zheng", "夏侯": "xia hou", "仲长": "zhong chang",
}  # fmt: skip
"""Readings that a name has as a surname only. Source: Xiandai Hanyu Cidian, 7th ed., entries marked 姓."""

_SYLLABLES = frozenset(
    word_list(
        "a ai an ang ao o ou e ei en eng er yi ya yo ye yao you yan yin yang ying yong wu wa wo "
        "wai wei wan wen wang weng yu yue yuan yun ba bo bai bei bao ban ben bang beng bi bie "
        "biao bian bin bing bu pa po pai pei pao pou pan pen pang peng pi pie piao pian pin ping "
        "pu ma mo me mai mei mao mou man men mang meng mi mie miao miu mian min ming mu fa fo "
        "fei fou fan fen fang feng fu da de dai dei dao dou dan den dang deng dong di die diao "
        "diu dian ding du duo dui duan dun ta te tai tao tou tan tang teng tong ti tie tiao tian "
        "ting tu tuo tui tuan tun na ne nai nei nao nou nan nen nang neng nong ni nie niao niu "
        "nian nin niang ning nu nuo nuan nv nve la le lai lei lao lou lan lang leng long li lia "
        "lie liao liu lian lin liang ling lu luo luan lun lv lve ga ge gai gei gao gou gan gen "
        "gang geng gong gu gua guo guai gui guan gun guang ka ke kai kei kao kou kan ken kang "
        "keng kong ku kua kuo kuai kui kuan kun kuang ha he hai hei hao hou han hen hang heng "
        "hong hu hua huo huai hui huan hun huang ji jia jie jiao jiu jian jin jiang jing jiong "
        "ju jue juan jun qi qia qie qiao qiu qian qin qiang qing qiong qu que quan qun xi xia "
        "xie xiao xiu xian xin xiang xing xiong xu xue xuan xun zha zhe zhi zhai zhei zhao zhou "
        "zhan zhen zhang zheng zhong zhu zhua zhuo zhuai zhui zhuan zhun zhuang cha che chi chai "
        "chao chou chan chen chang cheng chong chu chua chuo chuai chui chuan chun chuang sha "
        "she shi shai shei shao shou shan shen shang sheng shu shua shuo shuai shui shuan shun "
        "shuang re ri rao rou ran ren rang reng rong ru rua ruo rui ruan run za ze zi zai zei "
        "zao zou zan zen zang zeng zong zu zuo zui zuan zun ca ce ci cai cao cou can cen cang "
        "ceng cong cu cuo cui cuan cun sa se si sai sao sou san sen sang seng song su suo sui "
        "suan sun"
    )
)
"""All toneless syllables, ü as v. Source: Hanyu Pinyin Fang'an (1958), table of initials and finals."""

_LONGEST_SYLLABLE = 6
_MISREAD = {
    "ceng": "zeng",
    "chou": "qiu",
    "cha": "zha",
    "gai": "ge",
    "weichi": "yuchi",
    "wanqi": "moqi",
}
_SPELLINGS = {"lyu": "lv", "nyu": "nv", "lue": "lve", "nue": "nve", "lyue": "lve", "nyue": "nve"}
_WITH_UMLAUT = frozenset(_SPELLINGS.values())


@lru_cache(maxsize=4_096)
def reading_of(hanzi: str) -> str:
    """How a word is read: its syllables, without tones, ü as v, joined by one blank.

    Characters with several readings are read in the context of the word; an unknown one stands for itself.
    """
    told = [readings_of(character) for character in hanzi]
    if max(map(len, told), default=1) == 1:
        return " ".join([reading for (reading,) in told])
    return " ".join(map(word_reading, parted(hanzi)))


def surname_reading_of(hanzi: str) -> str:
    """How a surname is read: 单 as shan, 万俟 as mo qi."""
    return _SURNAME_READINGS.get(hanzi) or reading_of(hanzi)


def surname_of(hanzi: str) -> str:
    """The surname at the head of a Chinese name; "" when it does not look like a Chinese name.

    Names of five and more characters are transliterations (阿不都热合曼买买提): they have no surname in this sense.
    """
    if len(hanzi) > 2 and hanzi[:2] in COMPOUND_SURNAMES:
        return hanzi[:2] if len(hanzi) <= 4 else ""
    if len(hanzi) > 4 or not hanzi:
        return ""
    return hanzi[0]


def _surname_syllables() -> frozenset[str]:
    single = {surname_reading_of(character) for character in _SURNAMES}
    return frozenset(
        single | {surname_reading_of(name).replace(" ", "") for name in COMPOUND_SURNAMES}
    )


SURNAME_SYLLABLES = _surname_syllables()
"""Readings of the usual surnames, compound ones in one word."""


def _cost(syllables: tuple[str, ...]) -> tuple[int, int, int]:
    # Without an apostrophe no later syllable starts with a vowel (GB/T 16159-2012, 6.4.5); then the fewest;
    # linyue is lin yue, though passports also spell nve as nyue, nv as nyu.
    return (
        sum(syllable[0] in "aoe" for syllable in syllables[1:]),
        len(syllables),
        sum(syllable in _WITH_UMLAUT for syllable in syllables),
    )


@lru_cache(maxsize=4_096)
def syllables_of(word: str) -> tuple[str, ...]:
    """The pinyin syllables of a Latin word; () when it is not pinyin from end to end.

    Args:
        word: Lower case, no accents; ü as v, `yu` or u.
    """
    if len(word) > 24 or not word.isascii():
        return ()
    best: list[tuple[str, ...] | None] = [(), *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            if (head := best[start]) is None:
                continue
            piece = _SPELLINGS.get(word[start:end], word[start:end])
            if piece in _SYLLABLES:
                longer, known = (*head, piece), best[end]
                best[end] = longer if known is None or _cost(longer) < _cost(known) else known
    return best[-1] or ()


def is_surname(word: str) -> bool:
    """Whether a Latin word reads as a usual Chinese surname: zhang, ouyang, lyu."""
    return surname_spelling(word) in SURNAME_SYLLABLES


def surname_spelling(word: str) -> str:
    """The one spelling of a surname; a reading that no surname has was taken from the character (曾 as ceng)."""
    return _MISREAD.get(word) or _SPELLINGS.get(word, word)


@lru_cache(maxsize=4_096)
def surname_first(word: str) -> tuple[str, ...]:
    """The syllables of a Chinese name written as one Latin word (`zhangwei`); () when it is none."""
    for length in range(min(len(word) - 1, 8), 0, -1):
        head, rest = word[:length], syllables_of(word[length:])
        if is_surname(head) and 1 <= len(rest) <= 2:
            return (*syllables_of(surname_spelling(head)), *rest)
    return ()
