"""The words that say what a company is, not who it is: legal forms, branches, noise."""

_CHINESE = {
    "limited": "有限责任公司 有限公司",
    "joint-stock": "股份有限公司 股份公司",
    "group-limited": "集团有限责任公司 集团有限公司",
    "group-joint-stock": "集团股份有限公司",
    "group": "集团公司",
    "company": "总公司 公司",
    "partnership": "合伙企业有限合伙 合伙企业普通合伙 合伙企业特殊普通合伙 特殊普通合伙 普通合伙 有限合伙 合伙企业",
    "sole": "个人独资企业 个体工商户 个体户",
    "cooperative": "农民专业合作社 专业合作社 合作社",
}

_FORM_OF = {word: form for form, words in _CHINESE.items() for word in words.split()}

CHINESE_LEGAL_FORMS: dict[str, str] = {
    word: _FORM_OF[word] for word in sorted(_FORM_OF, key=len, reverse=True)
}
"""Legal form by its words, the longest first, so that an alternation finds it.

Source: Company Law of the PRC (2023), art. 7; Partnership Enterprise Law (2006), art. 15, 56, 62; Sole
Proprietorship Law (1999).
"""

BRANCH_WORDS: tuple[str, ...] = (
    *("分公司", "支公司", "办事处", "代表处", "营业部", "营业厅", "营业所"),
    *("分理处", "储蓄所", "分行", "支行", "分店", "分厂", "分社", "分校", "分院", "分部"),
)
"""Words that a dependent part of an organisation ends with; a subsidiary (子公司) is no such part."""

_LATIN = {
    "limited": (
        "ltd|limited|co ltd|co limited|company ltd|company limited|corp ltd|pty ltd|"
        "pty limited|pty|pte ltd|pte limited|pte|pvt ltd|private limited|sdn bhd|bhd|gmbh|"
        "gesellschaft mit beschrankter haftung|mbh|sarl|s a r l|srl|s r l|s l|sl|slu|bv|b v|"
        "bvba|sprl|aps|as|oy|sp z o o|sp z oo|sp zoo|spolka z ograniczona odpowiedzialnoscia|"
        "sro|s r o|doo|d o o|kft|ooo|tov|lda|ltda|limited liability company|llc|l l c|eirl|"
        "limited company|private ltd|eood|ood|uab|sia|ou|ehf|ab"
    ),
    "joint-stock": (
        "inc|incorporated|corp|corporation|ag|aktiengesellschaft|sa|s a|spa|s p a|nv|n v|plc|"
        "public limited company|oao|zao|pao|ao|pjsc|ojsc|jsc|cjsc|open joint stock company|"
        "closed joint stock company|public joint stock company|joint stock company|oyj|asa|"
        "a s|a d|ad|kk|kabushiki kaisha|tbk|pt|sab de cv|s a b de c v|sa de cv|s a de c v|cv|"
        "se|saoc|psc|saog|zrt|nyrt|dd"
    ),
    "partnership": (
        "lp|l p|llp|l l p|lllp|limited partnership|kg|gmbh and co kg|gmbh and co|ag and co kg|"
        "ohg|gbr|snc|general partnership|and partners"
    ),
    "company": "co|company|cie|compagnie|and co|and company|and sons|and cie",
    "group": "group|holding|holdings|groupe|gruppe",
    "foundation": "ev|e v|stiftung|foundation|nfp",
}

LATIN_LEGAL_FORMS: dict[str, str] = {
    word: form for form, words in _LATIN.items() for word in words.split("|")
}
"""Legal form by its folded words, signs as blanks. Source: ISO 20275 entity legal forms, the usual abbreviations."""

_TRADES = {
    "科技": "technology tech technologies",
    "贸易": "trading trade",
    "物流": "logistics",
    "电子": "electronics electronic",
    "实业": "industrial",
    "机械": "machinery",
    "建筑": "construction",
    "工程": "engineering",
    "投资": "investment",
    "银行": "bank",
    "保险": "insurance",
    "证券": "securities",
    "网络": "network",
    "文化": "culture",
    "传媒": "media",
    "广告": "advertising",
    "食品": "food foods",
    "化工": "chemical chemicals",
    "医疗": "medical",
    "生物科技": "biotechnology",
    "能源": "energy",
    "教育": "education",
    "咨询": "consulting",
    "服装": "garment clothing",
    "信息": "information",
    "国际": "international",
    "开发": "development",
    "管理": "management",
    "物业": "property",
    "农业": "agriculture",
    "汽车": "motor auto",
}

TRADE_WORDS: dict[str, str] = {
    word: trade for trade, words in _TRADES.items() for word in words.split()
}
"""The usual English words of Chinese companies for their trade."""

TRADELESS_WORDS = frozenset({"industry", "industries", "enterprise", "enterprises"})
"""English words for any trade at all."""

LATIN_NOISE = frozenset({"the", "and", "of", "for"})
"""Words that carry nothing in an English name."""
