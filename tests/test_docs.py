"""Documentation is tested: generated pages, links, command lines, workflows, twin pages, error codes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
from PIL import Image

from heritage3d import messages
from heritage3d.cli import app
from heritage3d.errors import tree
from heritage3d.pipeline import limits, reference, workflow

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
GUIDE = {language: DOCS / "guide" / language for language in ("en", "zh")}
READ = [ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md")]
WRITTEN = [*READ, *sorted(path for path in DOCS.rglob("*.md") if path.parent != REFERENCE)]
PAGES = [*WRITTEN, *sorted(REFERENCE.glob("*.md"))]
TAUGHT = [*READ[:2], *sorted(DOCS.glob("guide/*/*.md"))]  # what a person follows word by word
COMMANDS: Any = typer.main.get_command(app)
DECLARED_IN_THE_GUIDE = "grey"


class Block(NamedTuple):
    """A fenced block: its page, the line of its fence, the word behind the fence, its text."""

    page: Path
    line: int
    kind: str
    text: str


def _name(value: Path | Block) -> str:
    path = value.page if isinstance(value, Block) else value
    return path.relative_to(ROOT).as_posix() + (f":{value.line}" if isinstance(value, Block) else "")


def _blocks(page: Path) -> Iterator[Block]:
    kind, begin, held = None, 0, []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if line.startswith("```"):
            if kind is None:
                kind, begin, held = line.strip("` "), number, []
            else:
                yield Block(page, begin, kind, "\n".join(held) + "\n")
                kind = None
        elif kind is not None:
            held.append(line)


def _prose(page: Path) -> str:
    """The page without fenced and indented blocks."""
    fenced = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return "\n".join(line for line in fenced.splitlines() if not line.startswith("    "))


def _headings(page: Path) -> list[tuple[int, str]]:
    return [(len(marks), text) for marks, text in re.findall(r"^(#{1,6}) +(.+)$", _prose(page), re.MULTILINE)]


def _anchors(page: Path) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for _level, text in _headings(page)}


# --- generated pages --------------------------------------------------------------------------------------


def test_the_reference_is_current(tmp_path: Path) -> None:
    code = "from heritage3d.cli import main; main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("H3D_")}
    command = [sys.executable, "-c", code, "reference", str(tmp_path)]
    subprocess.run(command, env={**environment, "PYTHONPATH": str(ROOT)}, check=True, cwd=ROOT)
    written = {path.name: path.read_text("utf-8") for path in REFERENCE.iterdir()}
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert sorted(written) == sorted(made), "run `make docs`"
    stale = [name for name, text in made.items() if written[name] != text]
    assert not stale, "run `make docs`"


def test_every_limit_is_explained() -> None:
    assert set(reference.LIMITS) == {name for name in vars(limits) if name.startswith("MAX_")}


# --- links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if re.match(r"https?:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{target} is not there"
        assert path.is_relative_to(ROOT), f"{target} leads out of the repository"
        assert not anchor or anchor in _anchors(path), f"{target}: no such heading"


def test_every_page_is_reached_from_the_index() -> None:
    linked = {(DOCS / file).resolve() for file in re.findall(r"\]\(([^)#\s]+)", (DOCS / "index.md").read_text("utf-8"))}
    assert set(DOCS.rglob("*.md")) - linked == {DOCS / "index.md"}


def test_pictures_are_small() -> None:
    for picture in (DOCS / "pictures").iterdir():
        assert picture.stat().st_size < 300_000, picture.name


# --- command lines ----------------------------------------------------------------------------------------


def _command_lines(block: Block) -> Iterator[list[str]]:
    """The arguments of every `heritage3d …` in a block of shell, up to a pipe or a redirection."""
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True) if "heritage3d" in line else []
        words = words[1:] if words[:1] == ["nohup"] else words
        if words and words[0].rpartition("/")[2] == "heritage3d":
            end = next((at for at, word in enumerate(words) if word in {"|", ">", "&&", ";", "&"}), len(words))
            yield words[1:end]


SHELL = [block for page in TAUGHT for block in _blocks(page) if block.kind in {"sh", "console"}]


@pytest.mark.parametrize("block", [block for block in SHELL if any(_command_lines(block))], ids=_name)
def test_every_command_line_parses(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in _command_lines(block):
        _parse(arguments)


def _parse(arguments: list[str]) -> None:
    """Let Typer read the line, values included; the commands themselves do nothing. Every file named exists."""
    if any(word in _options(COMMANDS) - {"--lang"} for word in arguments):
        return  # --version, and --install-completion, which would write to the tester's home
    for word in arguments[1:]:
        if not word.startswith(("-", "/", "~", "..")) and ":" not in word:
            if Path(word).parent.is_file():
                Path(word).parent.unlink()  # the line before wrote a folder of this name
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
    commands: Any = typer.main.get_command(app)
    for command in commands.commands.values():
        command.callback = lambda **_given: None
    commands(messages.without_language(arguments), prog_name="heritage3d", standalone_mode=False)


def _options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize(
    "wrong", ["run a", "run a b --out c --bsae d", "tile a b --quality high", "tile a b --quality 300", "tell a"]
)
def test_a_wrong_command_line_is_noticed(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match=r"Missing|No such|valid|less than"):
        _parse(wrong.split())


@pytest.mark.parametrize("page", WRITTEN, ids=_name)
def test_commands_and_options_in_the_text_exist(page: Path) -> None:
    every = {"--help"}.union(_options(COMMANDS), *(_options(command) for command in COMMANDS.commands.values()))
    others = {"--workers", "--unlock", "--rerun-incomplete", "--memory-limit"}  # of other programs
    prose = _prose(page)
    for command in re.findall(r"`heritage3d ([a-z][a-z-]*)", prose):
        assert command in COMMANDS.commands, f"there is no command {command}"
    for option in re.findall(r"`(--[a-z-]+)", prose):
        assert option in every | others, f"there is no option {option}"


@pytest.mark.parametrize("language", GUIDE)
def test_every_main_command_is_in_the_guide(language: str) -> None:
    told = "".join(page.read_text("utf-8") for page in GUIDE[language].glob("*.md"))
    main = {name for name, command in COMMANDS.commands.items() if not command.hidden and name not in _stage_names()}
    assert [name for name in sorted(main) if f"heritage3d {name}" not in told] == []


def _stage_names() -> set[str]:
    from heritage3d.pipeline.stage import stages

    return set(stages())


# --- workflows --------------------------------------------------------------------------------------------

YAML = [block for page in TAUGHT for block in _blocks(page) if block.kind == "yaml" and "workflow:" in block.text]


@pytest.mark.parametrize("block", YAML, ids=_name)
def test_every_workflow_is_accepted(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "shown.yaml"
    path.write_text(block.text, "utf-8")
    if f"stage: {DECLARED_IN_THE_GUIDE}" in block.text:
        return  # its stage is declared by the page: see below
    assert workflow.load(str(path)).steps


@pytest.mark.parametrize("language", GUIDE)
def test_the_stage_of_the_guide_works(language: str, tmp_path: Path) -> None:
    """The stage is taken from the page, put into a package of its own, and run as a command and in a workflow."""
    page = GUIDE[language] / "write-a-stage.md"
    blocks = {block.kind: block.text for block in reversed(list(_blocks(page)))}
    package = tmp_path / "site"
    told = package / "guide-1.dist-info"
    told.mkdir(parents=True)
    (package / f"{DECLARED_IN_THE_GUIDE}.py").write_text(blocks["python"], "utf-8")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: guide\nVersion: 1\n", "utf-8")
    (told / "entry_points.txt").write_text("[heritage3d.stages]\ngrey = grey\n", "utf-8")
    (tmp_path / "grey.yaml").write_text(blocks["yaml"], "utf-8")
    Image.new("RGB", (40, 30), (180, 60, 30)).save(tmp_path / "scan.tif")
    run: Any = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{ROOT}", "H3D_LANG": "en"}}
    command = [sys.executable, "-c", "from heritage3d.cli import main; main()"]
    made = subprocess.run([*command, "grey", "scan.tif", "plain", "--contrast", "1.2"], capture_output=True, **run)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "plain" / "grey.tif").is_file()
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "objects.csv").write_text("id\n", "utf-8")
    tried = [*command, "run", "grey.yaml", "captures", "--out", "out", "--dry-run"]
    read = subprocess.run(tried, capture_output=True, text=True, **run)
    assert "H3D-204" in read.stderr, "the workflow was accepted, and only then the empty sheet refused"


# --- twin pages, codes ------------------------------------------------------------------------------------

TWINS = [(ROOT / "README.md", ROOT / "README.zh.md")] + [
    (page, GUIDE["zh"] / page.name) for page in sorted(GUIDE["en"].glob("*.md"))
]


def test_the_guide_has_the_same_pages_in_both_languages() -> None:
    names = {language: sorted(page.name for page in folder.iterdir()) for language, folder in GUIDE.items()}
    assert names["en"] == names["zh"]


@pytest.mark.parametrize(("english", "chinese"), TWINS, ids=lambda page: page.name)
def test_twin_pages_have_the_same_shape(english: Path, chinese: Path) -> None:
    assert [level for level, _text in _headings(english)] == [level for level, _text in _headings(chinese)]
    shapes = [[block.kind for block in _blocks(page)] for page in (english, chinese)]
    assert shapes[0] == shapes[1]
    # The same views, each in its language.
    english_ones, theirs = (
        re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text("utf-8")) for page in (english, chinese)
    )
    assert english_ones == [place.replace(".zh.jpg", ".jpg") for place in theirs]
    lines = [[list(_command_lines(block)) for block in _blocks(page) if block.kind == "sh"]
             for page in (english, chinese)]  # fmt: skip
    assert lines[0] == lines[1], "the twins teach different commands"


@pytest.mark.parametrize("page", WRITTEN, ids=_name)
def test_every_error_code_in_the_text_exists(page: Path) -> None:
    known = {entry.code for entry in tree()}
    assert set(re.findall(r"H3D-\d{3}", page.read_text("utf-8"))) <= known


@pytest.mark.parametrize("page", WRITTEN, ids=_name)
def test_the_text_is_tidy(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.endswith("\n")
    assert "\t" not in text
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    assert len([level for level, _text in _headings(page) if level == 1]) == 1
