"""glTF files of others and of our own making: read right, or refused with one code; never a crash."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from heritage3d.errors import MeshUnsupported
from heritage3d.gltf import khronos, reading
from tests.gltf import builder, hostile, verdicts
from tests.mesh import child
from tests.mesh.child import Outcome


@pytest.fixture(scope="module")
def hostile_outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return child.of_cases(hostile.CASES, tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("name", hostile.CASES)
def test_a_file_that_lies_is_refused_by_its_code(name: str, hostile_outcomes: dict[str, Outcome]) -> None:
    child.check_refused(hostile_outcomes[name], hostile.CASES[name][0])


def test_the_sound_file_that_the_others_are_made_of_is_read(tmp_path: Path) -> None:
    model = reading.read(builder.write(tmp_path / "model.glb", *builder.square()))
    assert (model.triangles, model.vertices, model.unit) == (2, 4, "m")
    assert np.array_equal(model.primitives[0].positions, builder.POSITIONS)
    assert np.array_equal(model.primitives[0].uvs[0], builder.UVS)
    textured = builder.write(tmp_path / "textured.glb", *builder.textured(*builder.square(), builder.png(9, 9)))
    assert child.one(textured).code == ""
    # A large and almost empty picture is no bomb.
    plain = builder.write(tmp_path / "plain.glb", *builder.textured(*builder.square(), builder.png(6000, 6000)))
    assert child.one(plain).megabytes < child.MEGABYTES


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = builder.glb(*builder.square())
    paths = []
    for size in range(4, len(whole), 17):
        paths.append(tmp_path / f"{size}.glb")
        paths[-1].write_bytes(whole[:size])
    for found in child.outcomes(paths).values():
        assert found.code == "H3D-418", found


def test_bytes_behind_the_end_and_whole_numbers_as_floats_are_no_fault(tmp_path: Path) -> None:
    document, binary = builder.square()
    document["accessors"][0]["count"] = 4.0
    document["scenes"][0]["nodes"] = [0.0]
    document["nodes"][0]["mesh"] = 0.0
    path = tmp_path / "model.glb"
    path.write_bytes(builder.glb(document, binary) + b"more")
    assert reading.read(path).triangles == 2


def test_damaged_bytes_never_end_in_a_crash(tmp_path: Path) -> None:
    """Some bytes of a file with Draco and of one with meshopt turned at random: read or refused, nothing else."""
    rng = np.random.default_rng(3)
    paths = []
    for kind in ("Draco: a view that is not there", "meshopt: another length"):
        folder = tmp_path / kind[:5]
        folder.mkdir()
        whole = bytearray(hostile.CASES[kind][1](folder).read_bytes())
        text = whole.replace(b'"bufferView": 1, "attr', b'"bufferView": 0, "attr').replace(b'96, "ext', b'48, "ext')
        start = text.index(b"BIN\0") + 4
        for number in range(60):
            damaged = bytearray(text)
            for at in rng.integers(start, len(text), int(rng.integers(1, 6))):
                damaged[at] = rng.integers(256)
            paths.append(folder / f"{number}.glb")
            paths[-1].write_bytes(damaged)
    found = child.outcomes(paths).values()
    assert {entry.code for entry in found} <= {"", "H3D-413", "H3D-414", "H3D-418"}
    assert max(entry.megabytes for entry in found) < child.MEGABYTES


# --- sets of others ------------------------------------------------------------------------------------------


def test_a_texture_without_a_picture_is_absent_and_counted(tmp_path: Path) -> None:
    """Blender writes such for pictures that it cannot pack; one in a format that we do not know is another matter."""
    document, binary = builder.textured(*builder.square(), builder.png(9, 9))
    bare = builder.changed(document, "textures/0", {"name": "baked"})
    model = reading.read(builder.write(tmp_path / "model.glb", bare, binary))
    assert model.textures == ()
    assert "baseColorTexture" not in model.materials[0].get("pbrMetallicRoughness", {})
    assert model.notes == {"textures without a picture": 1}
    other = builder.changed(document, "textures/0", {"extensions": {"EXT_texture_avif": {"source": 0}}})
    with pytest.raises(MeshUnsupported) as caught:
        reading.read(builder.write(tmp_path / "avif.glb", other, binary))
    assert "EXT_texture_avif" in caught.value.fields["detail"]


@pytest.fixture(scope="module")
def told(data: Path) -> dict[str, verdicts.Verdict]:
    return verdicts.verdicts(data)


def test_the_reader_agrees_with_the_golden_reports(told: dict[str, verdicts.Verdict]) -> None:
    """What has errors is refused, and what has none is read, or holds no triangle (H3D-412)."""
    apart = {name: verdict for name, verdict in told.items() if not verdict.reading_agrees}
    assert apart.keys() == verdicts.LEFT_OUT.keys() | verdicts.NO_DATA.keys(), apart


def test_the_page_of_verdicts_says_what_is_measured(told: dict[str, verdicts.Verdict]) -> None:
    """docs/validator.md: the counts, and every file that disagrees with its reason."""
    page = (Path(__file__).parents[2] / "docs/validator.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \| (?:[^|]+\|){2} ([^|]+) \|", page, re.MULTILINE))
    assert rows == {**verdicts.LEFT_OUT, **verdicts.NO_DATA, **verdicts.OTHERWISE}
    counts = [int(count) for count in re.findall(r"agrees on (\d+) of 372", page)]
    agree = [sum(verdict.reading_agrees for verdict in told.values())]
    agree.append(sum(verdict.check_agrees for verdict in told.values()) if khronos.available() else counts[1])
    assert counts == agree


@pytest.mark.skipif(not khronos.available(), reason="Node or gltf-validator is not installed")
def test_check_agrees_with_the_golden_reports(told: dict[str, verdicts.Verdict]) -> None:
    """`heritage3d check` on every asset: an error is found exactly where the report has one."""
    apart = {name: verdict for name, verdict in told.items() if not verdict.check_agrees}
    assert apart.keys() == verdicts.NO_DATA.keys() | verdicts.OTHERWISE.keys(), apart


def outcomes_of(data: Path, folder: str, *suffixes: str) -> dict[str, Outcome]:
    root = data / "gltf" / folder
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in suffixes)
    assert paths
    return {path.relative_to(root).as_posix(): found for path, found in child.outcomes(paths).items()}


#: What the sets are known to hold that is refused, by the reason; everything else in them is read.
_REFUSED = {
    "malformed-meshes": {
        "H3D-412": ["NoScene.gltf", "SceneWithoutNodes.gltf", *(f"Mesh_PrimitiveMode_{n:02}.gltf" for n in range(4))]
        + [f"Mesh_PrimitiveMode_{n:02}.gltf" for n in range(7, 11)],
        "H3D-413": ["BoxWithInfinites.glb"],
        "H3D-414": ["AllIndicesOutOfRange.gltf", "IndexOutOfRange.gltf"],
        "H3D-417": ["MissingBin/BoxTextured.gltf"],
        "H3D-418": [
            "RecursiveNodes.gltf",
            "sceneWrongType.gltf",
            "badArray.gltf",
            "badExtension.gltf",
            "badObject.gltf",
            "badUint.gltf",
        ],
        "H3D-419": ["BoxTextured-glTF-techniqueWebGL/BoxTextured.gltf"],
    },
    "parser-regressions": {
        "H3D-412": [
            "invalid-buffer-index.gltf",
            "invalid-buffer-view-index.gltf",
            "invalid-primitive-indices.gltf",
            "issue-492.glb",
        ],
        "H3D-418": ["integer-out-of-bounds.gltf"],
        "H3D-419": ["issue-416.gltf"],
    },
    "draco": {
        "H3D-412": ["sphere_two_materials_point_cloud.gltf"],
        "H3D-413": ["ZeroLengthBufferView.gltf"],
        "H3D-417": ["DragonAttenuation.gltf", "SheenCloth.gltf", "Lantern.gltf"],
        "H3D-418": ["CubeScaledInstances/glTF/cube_att.gltf"],
        "H3D-419": ["SpecGlossVsMetalRough.gltf"],
    },
}


@pytest.mark.parametrize("folder", _REFUSED)
def test_the_sets_of_others_are_read_or_refused_by_name(folder: str, data: Path) -> None:
    found = outcomes_of(data, folder, ".glb", ".gltf")
    wanted = {name: code for code, names in _REFUSED[folder].items() for name in names}
    for path, outcome in found.items():
        code = next((code for name, code in wanted.items() if path.endswith(name)), "")
        assert outcome.code == code, (path, outcome)
        assert outcome.megabytes < child.MEGABYTES
        assert outcome.seconds < child.SECONDS
    assert all(any(path.endswith(name) for path in found) for name in wanted)
