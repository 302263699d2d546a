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

CHINESE_LEGAL_FORMS: dict[str, str] = {
    word: form
    for word, form in sorted(
        ((word, form) for form, words in _CHINESE.items() for word in words.split()), key=lambda pair: -len(pair[0])
    )
}
"""Legal form by its words, the longest first, so that an alternation finds it. Source: Company Law of the PRC (2023),
art. 7; Partnership Enterprise Law (2006), art. 15, 56, 62; Sole Proprietorship Law (1999)."""

BRANCH_WORDS = (
    "分公司", "子公司", "办事处", "分理处", "营业部", "营业厅", "营业所", "分行", "支行", "支公司", "分店", "分厂", "分社", "储蓄所",
    "代表处", "分校", "分院", "分部",
)  # fmt: skip
"""Words that a dependent part of an organisation ends with."""

_LATIN = {
    "limited": "ltd|limited|co ltd|co limited|company ltd|company limited|corp ltd|pty ltd|pty limited|pty|pte ltd|pte limited|pte|"
    "pvt ltd|private limited|sdn bhd|bhd|gmbh|gesellschaft mit beschrankter haftung|mbh|sarl|s a r l|srl|s r l|s l|sl|slu|"
    "bv|b v|bvba|sprl|aps|as|oy|sp z o o|sp z oo|sp zoo|spolka z ograniczona odpowiedzialnoscia|sro|s r o|doo|d o o|kft|ooo|tov|lda|ltda|"
    "limited liability company|llc|l l c|eirl|limited company|private ltd|eood|ood|uab|sia|ou|ehf|ab",
    "joint-stock": "inc|incorporated|corp|corporation|ag|aktiengesellschaft|sa|s a|spa|s p a|nv|n v|plc|public limited company|"
    "oao|zao|pao|ao|pjsc|ojsc|jsc|cjsc|open joint stock company|closed joint stock company|public joint stock company|"
    "joint stock company|oyj|asa|a s|a d|ad|kk|kabushiki kaisha|tbk|pt|sab de cv|s a b de c v|sa de cv|s a de c v|cv|se|saoc|"
    "psc|saog|zrt|nyrt|dd",
    "partnership": "lp|l p|llp|l l p|lllp|limited partnership|kg|gmbh and co kg|gmbh and co|ag and co kg|ohg|gbr|snc|"
    "general partnership|and partners",
    "company": "co|company|cie|compagnie|and co|and company|and sons|and cie",
    "group": "group|holding|holdings|groupe|gruppe",
    "foundation": "ev|e v|stiftung|foundation|nfp",
}  # fmt: skip

LATIN_LEGAL_FORMS: dict[str, str] = {word: form for form, words in _LATIN.items() for word in words.split("|")}
"""Legal form by its folded words, signs as blanks. Source: ISO 20275 entity legal forms, the usual abbreviations."""

TRADE_WORDS = {
    "technology": "科技", "tech": "科技", "technologies": "科技", "trading": "贸易", "trade": "贸易", "logistics": "物流",
    "electronics": "电子", "electronic": "电子", "industrial": "实业", "machinery": "机械", "construction": "建筑",
    "engineering": "工程", "investment": "投资", "bank": "银行", "insurance": "保险", "securities": "证券", "network": "网络",
    "culture": "文化", "media": "传媒", "advertising": "广告", "food": "食品", "foods": "食品", "chemical": "化工",
    "chemicals": "化工", "medical": "医疗", "biotechnology": "生物科技", "energy": "能源", "education": "教育",
    "consulting": "咨询", "garment": "服装", "clothing": "服装", "information": "信息", "international": "国际",
    "development": "开发", "management": "管理", "property": "物业", "agriculture": "农业", "motor": "汽车", "auto": "汽车",
}  # fmt: skip
"""The usual English words of Chinese companies for their trade."""

LATIN_NOISE = frozenset({"the", "and", "of", "for"})
"""Words that carry nothing in an English name."""
