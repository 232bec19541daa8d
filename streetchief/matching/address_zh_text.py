"""Chinese street text: one written form, and the words round a street's name.

The table of traditional characters holds only those that are common in street names; it is no converter.
"""

from __future__ import annotations

import re
import unicodedata

_TRADITIONAL = str.maketrans(
    "號東長門廣橋興華麗園龍樓灣區縣鎮鄉莊場對與時實業國際濱漢陽馬車鐵電學聯勝慶義寧衛環線幹後機關豐雲鳳齊魯楊劉陳張趙黃吳孫"
    "廟觀聖經緯緣爾貴賢農倉蘭萬順無錫銀錦鋼鐘塔臺灘瀋溝滬蘇嶺島圍塢陸點處間內巖鹽畫書質邊遠達運過進連遷選還鄰鎖頭風飛飯麥壽",
    "号东长门广桥兴华丽园龙楼湾区县镇乡庄场对与时实业国际滨汉阳马车铁电学联胜庆义宁卫环线干后机关丰云凤齐鲁杨刘陈张赵黄吴孙"
    "庙观圣经纬缘尔贵贤农仓兰万顺无锡银锦钢钟塔台滩沈沟沪苏岭岛围坞陆点处间内岩盐画书质边远达运过进连迁选还邻锁头风飞饭麦寿",
)
_FIGURES = "零一二三四五六七八九"
_COUNTED = re.compile(r"(?<!\d)([1-9]\d?)(?=段|环|[横条]?[街路巷道弄])")

HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
"""Chinese characters, as ranges for a regular expression."""
_SUFFIXES = "大道|大街|胡同|[街路巷道弄]"
_SECTIONS = "[东西南北中一二三四五六七八九十]+段"
SUFFIX = re.compile(rf"(?:{_SUFFIXES})$")
SECTION = re.compile(rf"(?<=[街路巷道弄同]){_SECTIONS}$")
_DIRECTED = re.compile(rf"(?<=..)[东南西北中上下前后内外](?=(?:{_SUFFIXES})$)")

AREA = re.compile(r"道(?![东西南北中一二三四五六七八九十\d])|社区|居委|居民委员会|片区|商圈")
"""What turns the name of a street into the name of an area: 青江路社区, 玉林街道办."""
PLACE = re.compile(r"小区|派出所|小学|中学|幼儿园|学校|医院|支行|地铁|车站|公交站")
"""What turns it into the name of a place that may lie round the corner: 明珠路小学."""
LONGER_NAME = re.compile(
    r"(?:[东南西北中上下前后内外横正新老大小支]|[一二三四五六七八九十]+)*(?:大道|大街|胡同|[街路巷])(?![口道段边上旁])"
)
"""What turns it into the name of another street: 玉林路 → 玉林路东一巷.  弄 does not: 南京路12弄 is on 南京路."""
STREET_LIKE = re.compile(rf"[{HAN}]{{2,8}}?(?:大道|大街|胡同|[街路巷弄](?!道))(?:{_SECTIONS})?")
NO_NAME = ("字路", "岔路", "马路", "公路", "道路", "小路", "条路", "条街", "的路", "网路", "线路", "电路", "铁路")
"""What ends like a street and is none: 十字路口, 三岔路."""
LEAD_INS = (
    *"在于位近靠到至从沿往即是有市区县镇乡村州省园城号旁边口侧道路街巷弄",
    *("反映", "投诉", "举报", "附近", "对面", "地址", "地点"),
)
"""Words after which the name of a street may start."""
LEAD_IN_RUN = re.compile(r".*(?:..[市区县镇乡]|街道|在|位于|反映|投诉|举报|靠近|沿|这里|那里|门口|路边)")
JOINT = re.compile(r"以及|[与和及跟同交、&/+@]")
CROSSING = re.compile(r"交叉|交汇|交会|交界|交口|路口|街口|转角|拐角")
ASIDE = re.compile(r"靠近|临近|邻近|近|对着|旁边是")
"""What follows only says where along the street: X路近Y路 lies on X路."""


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in the text."""
    return not text.isascii() and re.search(f"[{HAN}]", unicodedata.normalize("NFKC", text)) is not None


def normalise_zh(text: str) -> str:
    """The text in half-width signs, lower case, simplified street characters, no spaces; 3段 and 3巷 as 三段, 三巷."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_TRADITIONAL)
    return _COUNTED.sub(lambda found: _in_characters(int(found.group(1))), re.sub(r"\s+", "", plain))


def bare_name(name: str) -> str:
    """A normalised name with nothing but Chinese characters, figures and single letters (B1路), no foreign words."""
    return re.sub("[a-z]{3,}", "", re.sub(f"[^{HAN}a-z0-9]", "", name))


def _in_characters(number: int) -> str:
    tens, units = divmod(number, 10)
    ten = {0: "", 1: "十"}.get(tens, f"{_FIGURES[tens]}十")
    return ten + (_FIGURES[units] if units else "")


def without_section(name: str) -> str:
    """人民南路四段 → 人民南路."""
    return SECTION.sub("", name)


def section(name: str) -> str:
    """人民南路四段 → 四段; "" if it names no section."""
    found = SECTION.search(name)
    return found.group() if found else ""


def without_direction(name: str) -> str:
    """和平南路 → 和平路; names whose core is the direction (东大街) stay."""
    return _DIRECTED.sub("", name)


def without_suffix(name: str) -> str:
    """和平南路 → 和平南; "" where fewer than two characters would be left or there is no suffix."""
    core = SUFFIX.sub("", name)
    return core if len(core) > 1 and core != name else ""


def core(name: str) -> str:
    """What tells a street from others, without section, suffix and direction: 和平南路 → 和平, 东大街 → "" ."""
    return SUFFIX.sub("", without_section(name)).rstrip("东南西北中上下前后内外")


def suffix(name: str) -> str:
    """和平南路 → 路; "" if the name ends otherwise."""
    found = SUFFIX.search(name)
    return found.group() if found else ""
