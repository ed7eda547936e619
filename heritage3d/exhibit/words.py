"""The few words that travel with a package, in both languages at once: nobody there has our messages."""

from __future__ import annotations

import html
from collections.abc import Sequence
from urllib.parse import quote

_HOW = {
    "web": (
        "Put the contents of the folder data on any web server.",
        "请把 data 文件夹中的内容放到任何网络服务器上。",
    ),
    "vr": (
        (
            "Run `heritage3d serve --https --host 0.0.0.0` with this folder and open the address that it shows in the "
            "browser of the headset."
        ),
        "请对本文件夹运行 `heritage3d serve --https --host 0.0.0.0`，并在头显的浏览器中打开它显示的网址。",
    ),
    "ar": (
        (
            "Put the contents of the folder data on any web server with https. On an iPhone or iPad the page of an "
            "object shows it in the visitor's own room, at true size; every .usdz opens by itself, too."
        ),
        (
            "请把 data 文件夹中的内容放到任何支持 https 的网络服务器上。在 iPhone 或 iPad 上，"
            "藏品页面可把藏品以实际大小放进参观者自己的房间；每个 .usdz 文件也可单独打开。"
        ),
    ),
    "offline": (
        (
            "Open the file open.html by a double click; no network and no installation is needed. For phones and "
            "headsets run `heritage3d serve --https --host 0.0.0.0` here and open the address that it shows."
        ),
        (
            "请双击 open.html；无需网络，也无需安装。手机和头显请对本文件夹运行 "
            "`heritage3d serve --https --host 0.0.0.0`，并打开它显示的网址。"
        ),
    ),
}
_WHOLE = (
    (
        "Is everything there? `heritage3d verify` with this folder says so; or, inside the folder, any tool for BagIt, "
        "or `sha256sum --check --quiet manifest-sha256.txt`."
    ),
    (
        "内容是否完整？请对本文件夹运行 `heritage3d verify`；也可以在文件夹中使用任何 BagIt 工具，"
        "或 `sha256sum --check --quiet manifest-sha256.txt`。"
    ),
)


def leaflet(form: str) -> str:
    """The text of READ-ME.txt."""
    english, chinese = _HOW[form]
    return "\n\n".join((english, _WHOLE[0], chinese, _WHOLE[1])) + "\n"


def doorway(title: str, objects: Sequence[str]) -> str:
    """The page that is opened by a double click; a package of one object opens at it."""
    shown = html.escape(title)
    room = "data/index.html" + (f"#/object/{quote(objects[0], safe='')}" if len(objects) == 1 else "")
    policy = "default-src 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta http-equiv="refresh" content="0; url={room}">\n'
        f'<title>{shown}</title>\n</head>\n<body>\n<p><a href="{room}">{shown}</a></p>\n</body>\n</html>\n'
    )
