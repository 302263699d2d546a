"""Words that invented customers are made of."""

from typing import NamedTuple


class Spelled(NamedTuple):
    """A written word and how it is spelled in Latin letters."""

    written: str
    latin: str


class Place(NamedTuple):
    """A city: its province, the first six digits of identity numbers given there, its postcode."""

    province: str
    city: str
    code: str
    postcode: str


def word_list(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


def _spelled(text: str) -> tuple[Spelled, ...]:
    return tuple(Spelled(*entry.split(":")) for entry in word_list(text))


SURNAMES = _spelled(
    "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 周:zhou 吴:wu 徐:xu 孙:sun 马:ma "
    "朱:zhu 胡:hu 郭:guo 何:he 林:lin 高:gao 罗:luo 郑:zheng 梁:liang 谢:xie 宋:song 唐:tang 许:xu "
    "邓:deng 冯:feng 韩:han 曹:cao 曾:zeng 彭:peng 萧:xiao 蔡:cai 潘:pan 田:tian 董:dong 袁:yuan "
    "于:yu 余:yu 叶:ye 蒋:jiang 杜:du 苏:su 魏:wei 程:cheng 吕:lyu 丁:ding 沈:shen 任:ren 姚:yao "
    "卢:lu 傅:fu 钟:zhong 姜:jiang 崔:cui 谭:tan 廖:liao 范:fan 汪:wang 陆:lu 金:jin 石:shi 戴:dai "
    "欧阳:ouyang 司马:sima 上官:shangguan 诸葛:zhuge"
)
MALE = _spelled(
    "伟:wei 强:qiang 磊:lei 军:jun 勇:yong 杰:jie 涛:tao 超:chao 明:ming 刚:gang 平:ping 辉:hui "
    "鹏:peng 华:hua 飞:fei 鑫:xin 波:bo 斌:bin 宇:yu 浩:hao 凯:kai 健:jian 俊:jun 帆:fan 旭:xu "
    "宁:ning 龙:long 林:lin 欢:huan 阳:yang 建:jian 亮:liang 成:cheng 峰:feng 志:zhi 文:wen 国:guo "
    "海:hai 东:dong 世:shi 子:zi 轩:xuan 博:bo 泽:ze 瑞:rui 昊:hao 晨:chen 毅:yi 哲:zhe 一:yi"
)
FEMALE = _spelled(
    "芳:fang 娜:na 敏:min 静:jing 丽:li 艳:yan 娟:juan 霞:xia 秀:xiu 玲:ling 燕:yan 红:hong 梅:mei "
    "琳:lin 雪:xue 慧:hui 婷:ting 倩:qian 莉:li 颖:ying 洁:jie 萍:ping 云:yun 丹:dan 蕾:lei 薇:wei "
    "佳:jia 怡:yi 欣:xin 雨:yu 梦:meng 思:si 诗:shi 涵:han 嘉:jia 琪:qi 月:yue 兰:lan 凤:feng "
    "英:ying 珍:zhen 晓:xiao 春:chun 玉:yu 淑:shu 瑶:yao 悦:yue 彤:tong 宁:ning 馨:xin"
)
SOUNDS_ALIKE = dict(
    pair.split(":")
    for pair in word_list(
        "伟:玮 芳:方 静:婧 丽:莉 莉:丽 杰:洁 洁:杰 娜:那 敏:闵 涛:滔 明:铭 辉:晖 波:博 宇:雨 雨:宇 "
        "浩:昊 昊:浩 健:建 建:健 俊:军 军:俊 林:琳 琳:林 阳:杨 峰:锋 志:智 文:雯 海:每 轩:宣 泽:则 "
        "霞:侠 玲:铃 燕:艳 艳:燕 梅:枚 雪:学 慧:惠 婷:亭 颖:影 萍:苹 佳:嘉 嘉:佳 怡:宜 欣:馨 馨:欣 "
        "思:斯 诗:施 英:瑛 珍:真 晓:小 玉:钰 瑶:遥"
    )
)
"""Characters that a clerk who hears a name writes for others."""

PLACES = tuple(
    Place(*entry.split(":"))
    for entry in word_list(
        "北京市:北京市:110105:100020 北京市:北京市:110108:100080 上海市:上海市:310104:200030 "
        "上海市:上海市:310115:200120 广东省:广州市:440106:510630 广东省:深圳市:440304:518000 "
        "浙江省:杭州市:330106:310012 江苏省:南京市:320102:210018 江苏省:苏州市:320505:215011 "
        "四川省:成都市:510107:610041 湖北省:武汉市:420106:430060 陕西省:西安市:610103:710054 "
        "山东省:青岛市:370202:266071 福建省:厦门市:350203:361004 湖南省:长沙市:430102:410005"
    )
)

DISTRICTS = word_list("东湖区 西湖区 南山区 北城区 新城区 滨江区 高新区 朝阳区 和平区 开元区")
ROADS = word_list(
    "人民路 解放路 中山路 建设路 和平路 文化路 光明街 长江路 黄河路 新华街 友谊路 青年路 春风路 "
    "迎宾大道 学府路 滨河路 科技路 工业大道 胜利街 平安路"
)
ESTATES = word_list("阳光花园 金色家园 绿城小区 幸福里 翠竹苑 海景城 东方新村 星河湾 紫荆园 天和苑")
TRADES = word_list("科技 贸易 实业 建筑工程 物流 餐饮管理 医疗器械 文化传媒 环保科技 食品")
TRADE_NAMES_LATIN = word_list(
    "Technology Trading Industry Construction Logistics Catering Medical Media Environment Food"
)
FIRM_NAMES = _spelled(
    "恒通:Hengtong 华瑞:Huarui 金盛:Jinsheng 远航:Yuanhang 天成:Tiancheng 宏达:Hongda 东升:Dongsheng "
    "鼎力:Dingli 瑞丰:Ruifeng 中泰:Zhongtai 博雅:Boya 凯迪:Kaidi 新宇:Xinyu 安康:Ankang 嘉禾:Jiahe "
    "万里:Wanli 龙腾:Longteng 百川:Baichuan 明德:Mingde 卓越:Zhuoyue"
)
LATIN_GIVEN_MALE = word_list(
    "James Robert Thomas Daniel Martin Lucas Pierre Marco Jan Pavel Anders Miguel Carlos Ivan "
    "Peter Paul David Simon Stefan Viktor"
)
LATIN_GIVEN_FEMALE = word_list(
    "Mary Anna Julia Sarah Emma Claire Sofia Laura Jana Petra Ingrid Lucia Carmen Olga Helen "
    "Alice Nina Marta Eva Irene"
)
LATIN_SURNAMES = word_list(
    "Smith Brown Miller Wilson Taylor Anderson Martin Bernard Dubois Rossi Ferrari Novak Svoboda "
    "Larsen Hansen Garcia Fernandez Lopez Ivanova Petrov Schmidt Weber Fischer Jansen Kowalski "
    "Horvat O'Brien Murphy Costa Silva"
)
MAIL_HOSTS = word_list("example.com example.net example.org mail.example")
