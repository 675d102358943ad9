"""The time that days are counted in: a day of service, of cover or of a transfer begins at midnight there."""

from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")
