"""English and Chinese everywhere: which text is missing in which language."""

from __future__ import annotations

import re
import string

import pytest

from heritage3d import messages
from heritage3d.errors import Heritage3dError, tree
from heritage3d.pipeline.command import option_help
from heritage3d.pipeline.stage import stages

CLASSES = sorted(tree(), key=lambda entry: entry.code)
STAGES = sorted(name for name, stage in stages().items() if not name.startswith("tiny-"))


def _fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}


def test_every_code_is_that_of_one_class() -> None:
    codes = [entry.code for entry in CLASSES]
    assert sorted(set(codes)) == codes
    assert all(re.fullmatch(r"H3D-\d{3}", code) for code in codes)


@pytest.mark.parametrize("language", messages.LANGUAGES)
@pytest.mark.parametrize("error", CLASSES, ids=lambda entry: entry.code)
def test_every_error_has_its_text(error: type[Heritage3dError], language: str) -> None:
    told = messages.lookup("errors", error.code, language)
    assert told, f"{error.code} has no text in {language}"
    assert set(told) == {"what", "cure"}
    english = messages.lookup("errors", error.code, "en")
    assert _fields(told["what"]) <= _fields(english["what"]) | _fields(english["cure"])
    if language == "zh-Hans":
        assert re.search(r"[\u4e00-\u9fff]", told["what"] + told["cure"])


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_and_option_has_chinese_help(name: str) -> None:
    assert messages.lookup("stages", name, "zh-Hans"), f"stages: {name} is missing in zh-Hans"
    for option, entry in stages()[name].public_options().items():
        assert entry.description, f"{name}.{option} has no English help"
        assert option_help(stages()[name], option, "zh-Hans") != entry.description, (
            f"{name}.{option} lacks Chinese help"
        )


def test_every_sentence_has_both_languages() -> None:
    tables = {language: messages._table(language) for language in messages.LANGUAGES}
    assert set(tables["en"]["texts"]) == set(tables["zh-Hans"]["texts"])
    for key, text in tables["en"]["texts"].items():
        assert _fields(text) == _fields(tables["zh-Hans"]["texts"][key]), key
    assert set(tables["en"]["errors"]) == set(tables["zh-Hans"]["errors"]) == {entry.code for entry in CLASSES}
