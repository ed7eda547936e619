"""The reference pages, derived from the declarations: stages, workflow language, errors, kinds."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MultipleOf

from heritage3d import messages
from heritage3d.errors import tree
from heritage3d.pipeline import limits
from heritage3d.pipeline.command import option_help
from heritage3d.pipeline.kinds import formats, kinds
from heritage3d.pipeline.schema import workflow_schema
from heritage3d.pipeline.stage import Stage, stages

_NOTE = "<!-- Made by `heritage3d reference`; change the declarations, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated file of docs/reference: name -> text."""
    makers: dict[str, Callable[[], str]] = {
        "stages.md": lambda: _stages("en"),
        "stages.zh.md": lambda: _stages("zh-Hans"),
        "errors.md": lambda: _errors("en"),
        "errors.zh.md": lambda: _errors("zh-Hans"),
        "kinds.md": _kinds,
        "limits.md": _limits,
        "workflow.schema.json": lambda: json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n",
    }
    return {name: make() for name, make in makers.items()}


_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "# Stages\n\nEvery stage is a step of a workflow and a command of its own. In YAML an option is "
        "written as here (`max_deviation`), on the command line with hyphens (`--max-deviation`).\n",
        "each": "one job per artefact",
        "all": "one job per object",
        "collection": "one job after all objects",
        "facts": "Reads {reads}; makes {writes}; {arity}; version {version}.",
        "reproducible": " Not reproducible: {reason}.",
        "head": "| option | values | default | what it does |",
        "sheet": "sheet's column",
        "column": " (the sheet's column `{column}` comes first)",
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "`true`, `false`",
        "range": "{name}, {low} to {high}",
        "multiple": ", a multiple of {step}",
    },
    "zh-Hans": {
        "title": "# 步骤\n\n每个步骤既是工作流中的一步，也是一条命令。选项在 YAML 中照下表书写（`max_deviation`），"
        "在命令行上用连字符（`--max-deviation`）。\n",
        "each": "每个制品一个任务",
        "all": "每件藏品一个任务",
        "collection": "所有藏品完成后一个任务",
        "facts": "读取 {reads}；生成 {writes}；{arity}；版本 {version}。",
        "reproducible": "结果不保证逐字节相同：{reason}。",
        "head": "| 选项 | 取值 | 默认 | 作用 |",
        "sheet": "登记表",
        "column": "（登记表的 `{column}` 列优先）",
        "str": "文字",
        "int": "整数",
        "float": "数字",
        "bool": "`true`、`false`",
        "range": "{name}，{low} 至 {high}",
        "multiple": "，{step} 的倍数",
    },
}


def _stages(language: str) -> str:
    parts = [_NOTE + _WORDS[language]["title"]]
    parts.extend(_stage(stage, language) for _name, stage in sorted(stages().items()))
    return "\n".join(parts)


def _stage(stage: Stage, language: str) -> str:
    words = _WORDS[language]
    arguments = " ".join(entry.name.upper() + ("…" if entry.arity == "all" else "") for entry in stage.inputs)
    other = messages.lookup("stages", stage.name, language) or {} if language != "en" else {}
    summary = other.get("summary", stage.summary)
    description = other.get("description", "") if other else stage.description
    facts = words["facts"].format(
        reads=_quoted(stage.reads), writes=_quoted(stage.writes), arity=words[stage.arity], version=stage.version
    )
    told = [f"## {stage.name}\n", f"{summary}\n"]
    told += [f"{description}\n"] if description else []
    told += [f"`heritage3d {stage.name} {arguments} DEST`\n"]
    told += [facts + (words["reproducible"].format(reason=stage.reproducible) if stage.reproducible else "") + "\n"]
    options = stage.public_options()
    if options:
        told.append(f"{words['head']}\n|---|---|---|---|")
    for name, entry in options.items():
        column = stage.column(name)
        told_of = option_help(stage, name, language)
        if column and words["sheet"] not in told_of:
            told_of += words["column"].format(column=column)
        default = entry.get_default()
        shown = "" if default is None else f"`{default if isinstance(default, str) else json.dumps(default)}`"
        told.append(f"| `{name}` | {_values(entry, words)} | {shown} | {_cell(told_of)} |")
    return "\n".join([*told, ""] if options else told)


def _cell(text: object) -> str:
    """A text that stays in its cell of a table."""
    return str(text).replace("|", "\\|").replace("<", "\\<").replace("\n", " ")


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _values(entry: Any, words: dict[str, str]) -> str:
    hint = entry.annotation
    inner = [part for part in typing.get_args(hint) if part is not type(None)]
    if typing.get_origin(hint) is not typing.Literal and len(inner) == 1:
        hint = inner[0]
    if typing.get_origin(hint) is typing.Literal:
        return ", ".join(f"`{value}`" for value in typing.get_args(hint))
    name = words.get(getattr(hint, "__name__", ""), words["str"])
    low: Any = next((getattr(mark, "ge", getattr(mark, "gt", None)) for mark in entry.metadata
                if isinstance(mark, (Ge, Gt))), None)  # fmt: skip
    high: Any = next((getattr(mark, "le", getattr(mark, "lt", None)) for mark in entry.metadata
                 if isinstance(mark, (Le, Lt))), None)  # fmt: skip
    step = next((mark.multiple_of for mark in entry.metadata if isinstance(mark, MultipleOf)), None)
    if low is not None or high is not None:
        shown = ("…" if bound is None else bound for bound in (low, high))
        name = words["range"].format(name=name, low=next(shown), high=next(shown))
    return name + (words["multiple"].format(step=step) if step else "")


def _errors(language: str) -> str:
    english = language == "en"
    title = "Errors and exit statuses" if english else "错误代码与退出状态"
    heads = "| code | exit | what is wrong | what to do |" if english else "| 代码 | 退出状态 | 问题 | 处理办法 |"
    statuses = _STATUSES_EN if english else _STATUSES_ZH
    told = [_NOTE + f"# {title}\n", statuses, heads, "|---|---|---|---|"]
    classes = sorted(tree(), key=lambda entry: entry.code)
    for entry in classes:
        text = messages.lookup("errors", entry.code, language) or {}
        told.append(f"| {entry.code} | {entry.exit_status} | {_cell(text.get('what'))} | {_cell(text.get('cure'))} |")
    return "\n".join(told) + "\n"


def _kinds() -> str:
    told = [_NOTE + "# Kinds and formats\n", "| kind | what it is | published at |", "|---|---|---|"]
    told.extend(
        f"| `{entry.name}` | {_cell(entry.meaning)} | {f'`{entry.place}`' if entry.place else ''} |"
        for entry in kinds()
    )
    told.extend(["", "| format | taken in as |", "|---|---|"])
    told.extend(f"| {entry.name} | {f'`{entry.captured_as}`' if entry.captured_as else ''} |" for entry in formats())
    return "\n".join(told) + "\n"


def _limits() -> str:
    told = [
        _NOTE + "# Limits · 上限\n",
        _LIMITS_HEAD,
        "| variable | default | what it bounds | 说明 |\n|---|---|---|---|",
    ]
    for name, (english, chinese) in LIMITS.items():
        told.append(f"| `H3D_{name}` | {getattr(limits, name):,} | {english} | {chinese} |")
    return "\n".join(told) + "\n"


_LIMITS_HEAD = """\
What one capture may claim before it is refused. The limits keep one lying file from stopping a night's batch; real captures stay far below. Set the variable to raise one: `H3D_MAX_PIXELS=8000000000`.

单个采集件的上限，用来防止一个谎报大小的文件拖垮整夜的批处理；正常的采集件远低于此。如确有需要，可设置同名环境变量调高。
"""  # noqa: E501
LIMITS = {
    "MAX_PIXELS": ("pixels of an image", "一幅图像的像素数"),
    "MAX_TRIANGLES": ("triangles of a mesh", "一个网格的三角形数"),
    "MAX_MESH_BYTES": ("bytes of a mesh file", "一个网格文件的字节数"),
    "MAX_MATERIALS": ("materials of a mesh", "一个网格的材质数"),
    "MAX_NODES": ("nodes of a glTF scene, after expansion", "glTF 场景展开后的节点数"),
    "MAX_FILES_PER_OBJECT": ("files in an object's folder", "一件藏品文件夹中的文件数"),
    "MAX_SHEET_ROWS": ("rows of a sheet", "登记表的行数"),
    "MAX_SHEET_BYTES": ("bytes of a sheet, unpacked", "登记表解压后的字节数"),
    "MAX_JSON_BYTES": ("bytes of a JSON document", "一个 JSON 文档的字节数"),
    "MAX_JOB_SECONDS": ("seconds that one job may take", "一个任务可用的秒数"),
}
_STATUSES_EN = """\
| exit status | meaning |
|---|---|
| 0 | all good |
| 1 | some objects failed, or `verify`/`check` found faults |
| 2 | wrong use, or a workflow with an error |
| 3 | the captures folder or its sheet cannot be used |
| 4 | the output cannot be written |
| 5 | the engine stopped |
| 6 | a part of the installation is missing |
| 70 | something that nobody foresaw |
| 75 | another run holds the output |
| 130 | stopped with Ctrl-C |
"""
_STATUSES_ZH = """\
| 退出状态 | 含义 |
|---|---|
| 0 | 全部成功 |
| 1 | 部分藏品失败，或 `verify`／`check` 发现错误 |
| 2 | 用法有误，或工作流有错误 |
| 3 | 采集文件夹或登记表无法使用 |
| 4 | 无法写入输出 |
| 5 | 执行引擎已停止 |
| 6 | 缺少安装部件 |
| 70 | 未预料的问题 |
| 75 | 另一个运行正占用该输出 |
| 130 | 用 Ctrl-C 停止 |
"""
