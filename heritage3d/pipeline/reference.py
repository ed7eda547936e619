"""The reference pages, derived from the declarations: stages, workflow language, errors, kinds."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable
from typing import Any

from annotated_types import Ge, Gt, Le, Lt

from heritage3d import messages
from heritage3d.errors import tree
from heritage3d.pipeline.command import option_help
from heritage3d.pipeline.kinds import formats, kinds
from heritage3d.pipeline.schema import workflow_schema
from heritage3d.pipeline.stage import Stage, stages

_NOTE = "<!-- Made by `heritage3d reference`; change the declarations, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated file of docs/reference: name -> text."""
    makers: dict[str, Callable[[], str]] = {
        "stages.md": _stages,
        "errors.md": lambda: _errors("en"),
        "errors.zh.md": lambda: _errors("zh-Hans"),
        "kinds.md": _kinds,
        "workflow.schema.json": lambda: json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n",
    }
    return {name: make() for name, make in makers.items()}


def _stages() -> str:
    parts = [_NOTE + "# Stages\n\nEvery stage is a step of a workflow and a command of its own.\n"]
    parts.extend(_stage(stage) for _name, stage in sorted(stages().items()))
    return "\n".join(parts)


def _stage(stage: Stage) -> str:
    arity = {"each": "one job per artefact", "all": "one job per object", "collection": "one job after all objects"}
    arguments = " ".join(entry.name.upper() + ("…" if entry.arity == "all" else "") for entry in stage.inputs)
    told = [
        f"## {stage.name}\n",
        f"{stage.summary}\n",
        f"{stage.description}\n" if stage.description else "",
        f"`heritage3d {stage.name} {arguments} DEST`\n",
        f"Reads {_quoted(stage.reads)}; makes {_quoted(stage.writes)}; {arity[stage.arity]}; version {stage.version}"
        + (f". Not reproducible: {stage.reproducible}.\n" if stage.reproducible else ".\n"),
    ]
    options = stage.public_options()
    if options:
        told.append("| option | values | default | what it does | 说明 |\n|---|---|---|---|---|")
        for name in options:
            column = stage.column(name)
            english = option_help(stage, name, "en") + (f" (the sheet's column `{column}` wins)" if column else "")
            chinese = option_help(stage, name, "zh-Hans")
            default = options[name].get_default()
            shown = "" if default is None else f"`{default}`"
            told.append(f"| `{name}` | {_values(options[name])} | {shown} | {english} | {chinese} |")
        told.append("")
    return "\n".join(line for line in told if line or line == "")


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _values(entry: Any) -> str:
    hint = entry.annotation
    inner = [part for part in typing.get_args(hint) if part is not type(None)]
    if typing.get_origin(hint) is typing.Literal:
        return ", ".join(f"`{value}`" for value in typing.get_args(hint))
    if len(inner) == 1 and typing.get_origin(inner[0]) is typing.Literal:
        return ", ".join(f"`{value}`" for value in typing.get_args(inner[0]))
    low = next(
        (getattr(mark, "ge", getattr(mark, "gt", None)) for mark in entry.metadata if isinstance(mark, (Ge, Gt))), None
    )
    high = next(
        (getattr(mark, "le", getattr(mark, "lt", None)) for mark in entry.metadata if isinstance(mark, (Le, Lt))), None
    )
    name = {"str": "text", "int": "whole number", "float": "number", "bool": "yes or no"}.get(
        getattr(inner[0] if len(inner) == 1 else hint, "__name__", ""), "text"
    )
    return (
        name
        if low is None and high is None
        else f"{name}, {low if low is not None else '…'} to {high if high is not None else '…'}"
    )


def _errors(language: str) -> str:
    english = language == "en"
    title = "Errors and exit statuses" if english else "错误代码与退出状态"
    heads = "| code | exit | what is wrong | what to do |" if english else "| 代码 | 退出状态 | 问题 | 处理办法 |"
    statuses = _STATUSES_EN if english else _STATUSES_ZH
    told = [_NOTE + f"# {title}\n", statuses, heads, "|---|---|---|---|"]
    classes = sorted(tree(), key=lambda entry: entry.code)
    for entry in classes:
        text = messages.lookup("errors", entry.code, language) or {}
        told.append(f"| {entry.code} | {entry.exit_status} | {text.get('what')} | {text.get('cure')} |")
    return "\n".join(told) + "\n"


def _kinds() -> str:
    told = [_NOTE + "# Kinds and formats\n", "| kind | what it is | published at |", "|---|---|---|"]
    told.extend(
        f"| `{entry.name}` | {entry.meaning} | {f'`{entry.place}`' if entry.place else ''} |" for entry in kinds()
    )
    told.extend(["", "| format | taken in as |", "|---|---|"])
    told.extend(f"| {entry.name} | {f'`{entry.captured_as}`' if entry.captured_as else ''} |" for entry in formats())
    return "\n".join(told) + "\n"


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
| 1 | 部分对象失败，或 `verify`／`check` 发现错误 |
| 2 | 用法有误，或工作流有错误 |
| 3 | 采集文件夹或登记表无法使用 |
| 4 | 无法写入输出 |
| 5 | 执行引擎已停止 |
| 6 | 缺少安装部件 |
| 70 | 未预料的问题 |
| 75 | 另一个运行正占用该输出 |
| 130 | 用 Ctrl-C 停止 |
"""
