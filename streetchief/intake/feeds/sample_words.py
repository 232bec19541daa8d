"""The words of the synthetic sample feed: its classes with their weights, and what people would say.

Weights are the counts of registered cases that Chengdu's Jinniu district published (DOMAIN section 2), with a tail
of our own; components are scaled to 2.5 % of all.  Codes are those of GB/T 30428.2-2013.
"""

from __future__ import annotations

from typing import NamedTuple

MARK = "合成样例"
SCHEME = "GB/T 30428.2-2013"
KIND_WORDS = {"event": "事件", "component": "部件"}
COMPONENT_SHARE = 0.025
POPULAR = {"正黄美食风情街": 6.0, "和平南路": 4.0}  # every other street weighs 1 a metre


class Class(NamedTuple):
    """One class of complaint: `evening` = reported after dark rather than by day."""

    kind: str
    code: str
    name: str
    weight: float
    evening: bool
    says: tuple[str, ...]


CLASSES = (
    Class(
        "event", "0410", "非机动车乱停放", 613, False, ("共享单车堆在人行道上", "电动车停满盲道", "自行车乱停挡住出口")
    ),
    Class("event", "0207", "违规标语宣传品", 367, False, ("有人挂了横幅", "围墙上贴着过期标语", "树上绑着宣传条幅")),
    Class("event", "0136", "乱堆物堆料", 307, False, ("路边堆着建材", "门口堆放杂物影响通行", "人行道堆满纸箱")),
    Class("event", "0110", "暴露生活垃圾", 275, False, ("垃圾袋堆在路边没人收", "树池里有生活垃圾", "垃圾散落一地")),
    Class("event", "0107", "沿街晾挂", 191, False, ("树间拉绳晒被子", "护栏上晾衣服", "店门口晾拖把")),
    Class("event", "0401", "无照经营游商", 184, True, ("流动摊贩占着路口", "三轮车卖水果堵路", "推车卖小吃")),
    Class("event", "0201", "非法小广告", 107, False, ("电线杆贴满小广告", "墙上喷了办证广告")),
    Class("event", "0112", "道路不洁", 90, False, ("路面有油污", "落叶和泥水没人扫")),
    Class("event", "0405", "店外经营", 71, True, ("饭馆把桌子摆到人行道", "店铺货架摆出门外")),
    Class("event", "0103", "违章接坡", 55, False, ("门口用水泥接坡", "商铺私搭斜坡绊人")),
    Class("event", "0406", "占道经营", 45, True, ("摊位占了半条路", "占道摆摊堵车")),
    Class("event", "0111", "积存垃圾渣土", 44, False, ("装修渣土堆了几天", "建筑垃圾没清运")),
    Class("event", "0404", "占道废品收购", 28, False, ("收废品的占着人行道",)),
    Class("event", "0135", "废弃家具设备", 23, False, ("旧沙发丢在路边", "废冰箱没人管")),
    Class("event", "0118", "绿化弃料", 21, False, ("修剪的树枝没拉走",)),
    Class("event", "0128", "商业噪音", 60, True, ("音响开得很大", "夜里唱歌吵得睡不着")),
    Class("event", "0129", "露天烧烤", 55, True, ("烧烤烟大呛人", "路边烧烤到半夜")),
    Class("event", "0409", "机动车乱停放", 50, False, ("小车停在人行道", "货车堵住路口")),
    Class("event", "0113", "道路破损", 35, False, ("路面有个坑", "地砖松动溅水")),
    Class("event", "0506", "道路积水", 18, False, ("一下雨就积水",)),
    Class("event", "0503", "排水管道堵塞、破裂", 14, False, ("污水从井口冒出来",)),
    Class("event", "0117", "绿地脏乱", 14, False, ("绿化带里有垃圾",)),
    Class("event", "0403", "流浪乞讨", 6, False, ("有流浪人员需要救助",)),
    Class("event", "0501", "供水管道破裂", 5, False, ("自来水管爆了",)),
    Class("event", "0505", "路面塌陷", 3, False, ("路面塌了一块",)),
    Class("component", "0305", "垃圾箱（果皮箱、桶）", 102, False, ("果皮箱满了", "垃圾桶坏了盖不上")),
    Class("component", "0103", "雨水井盖", 20, False, ("雨水井盖松动",)),
    Class("component", "0102", "污水井盖", 12, False, ("井盖响得厉害",)),
    Class("component", "0137", "路灯", 12, True, ("路灯不亮",)),
    Class("component", "0402", "行道树", 10, False, ("行道树枝断了",)),
    Class("component", "0217", "交通护栏", 8, False, ("护栏被撞歪",)),
)
HOURS_BY_DAY = (1, 0.5, 0.3, 0.3, 0.5, 2, 6, 12, 22, 24, 22, 16, 10, 10, 18, 22, 20, 16, 12, 9, 8, 6, 4, 2)
HOURS_BY_NIGHT = (5, 2, 1, 0.5, 0.3, 0.5, 1, 2, 3, 3, 3, 4, 5, 4, 3, 3, 5, 9, 16, 24, 28, 26, 20, 11)
SPOTS = ("门口", "附近", "路边", "公交站旁", "小区门口", "菜市场外", "")
PLEAS = ("请处理", "希望尽快解决", "已经好几天了", "影响出行", "多次反映", "")
NUMBERED = (
    "青江街道{street}{number}号",
    "{street}{number}号对面",
    "{street}{number}号门口",
    "雨城区青江街道{street}{number}号附近",
)
CROSSINGS = (
    "{street}与{other}交叉口",
    "{street}和{other}路口",
    "青江街道{street}与{other}交叉口东北角",
    "{street}近{other}",
)
FAKE_NAMES = tuple(f"示例{stem}" for stem in "甲乙丙丁戊己庚辛壬癸")

# What a dirty row changes in a good one: column → value.  Every row keeps its mark.
DIRTY: tuple[dict[str, str], ...] = (
    {"coordinate_x": "NaN"},
    {"coordinate_x": "nan", "coordinate_y": "nan"},
    {"coordinate_y": "Infinity"},
    {"coordinate_x": "-inf"},
    {"coordinate_x": "1e400"},
    {"coordinate_x": "0", "coordinate_y": "0"},
    {"coordinate_x": "0.0", "coordinate_y": "0.0"},
    {"coordinate_x": "104.066541", "coordinate_y": "30.572269"},
    {"coordinate_x": "-103.04", "coordinate_y": "30.0"},
    {"coordinate_x": "103.04", "coordinate_y": "-30.0"},
    {"coordinate_x": "600348.51", "coordinate_y": "3320568.80"},
    {"coordinate_x": ""},
    {"coordinate_x": "", "coordinate_y": ""},
    {"coordinate_x": "=1+1"},
    {"coordinate_x": "103°02′24″"},
    {"coordinate_y": "约30度"},
    {"coordinate_x": "103,04"},
    {"coordinate_y": "0x1e"},
    {"rec_id": ""},
    {"rec_id": "   "},
    {"report_time": ""},
    {"report_time": "2026-02-30 09:00:00"},
    {"report_time": "2026-06-31 25:61:00"},
    {"report_time": "昨天上午"},
    {"sub_type_code": "0999"},
    {"sub_type_code": "ZZ01"},
    {"sub_type_code": ""},
    {"main_kind": "其他"},
    {"main_kind": ""},
    {"address": "=cmd|' /C calc'!A0"},
    {"address": "@SUM(1+1)*cmd|' /C calc'!A0"},
    {"reporter_name": "=HYPERLINK(\"#\",\"示例\")"},
    {"condition": "+1+1"},
    {"event_desc": "【合成样例】<script>document.title='x'</script>垃圾没人收"},
    {"event_desc": "【合成样例】<img src=x onerror=\"document.title='x'\">店外经营"},
    {"event_desc": "【合成样例】${7*7} {{7*7}} </script><svg onload=alert(1)>"},
    {"address": "<b>和平南路</b>'; drop table complaints; --"},
    {"event_desc": "【合成样例】第一行\n第二行，有\"引号\"和,逗号"},
)  # fmt: skip
