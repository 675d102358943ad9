"""Ordinary Chinese surnames and given-name characters, put together at random: nobody's name on purpose."""

from random import Random

_SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
_GIVEN = tuple(
    "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国文志海燕春梅雪琴"
    "云鹏飞宇浩然子轩梓涵雨欣思远嘉怡佳慧晓东立新学兵永福长青家兴凤莲秋月德胜"
)


def chinese_name(rng: Random) -> str:
    """A surname and one or two given characters."""
    given = rng.choice(_GIVEN)
    return rng.choice(_SURNAMES) + (given + rng.choice(_GIVEN) if rng.random() < 0.75 else given)
