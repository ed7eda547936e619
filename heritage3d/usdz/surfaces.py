"""Materials of glTF as UsdPreviewSurface, opaque as captured surfaces are, and their textures as JPEG."""

from __future__ import annotations

from typing import Any

from heritage3d.gltf import textures
from heritage3d.gltf.model import Model, Primitive

SIDE = 2048  # px: what Apple names for one object in a room
_QUALITY = 90
_WRAPS = {33071: "clamp", 33648: "mirror"}  # glTF 2.0, 5.26; all else repeats
_CHANNELS = {  # slot of glTF -> (input of the surface, output of the texture, is it a colour)
    "baseColorTexture": ("diffuseColor", "rgb", True),
    "normalTexture": ("normal", "rgb", False),
    "occlusionTexture": ("occlusion", "r", False),
    "roughness": ("roughness", "g", False),
    "metallic": ("metallic", "b", False),
    "emissiveTexture": ("emissiveColor", "rgb", True),
}


class Surfaces:
    """The materials of one model while its stage is made."""

    def __init__(self, usd: Any, model: Model, name: str) -> None:
        self.usd = usd
        self.model = model
        self.name = name
        self.made: dict[tuple[int | None, bool], Any] = {}
        self.files: dict[int, tuple[str, bytes]] = {}

    def pictures(self) -> list[tuple[str, bytes]]:
        """The files that the materials name, with their content."""
        return [self.files[index] for index in sorted(self.files)]

    def bind(self, stage: Any, root: str, mesh: Any, primitive: Primitive) -> None:
        """Give a mesh its material; a material of several meshes is made once."""
        coloured = primitive.colours is not None
        key = (primitive.material, coloured)
        if key not in self.made:
            self.made[key] = self._material(stage, f"{root}/Materials/Material_{len(self.made) + 1}", key)
        self.usd.UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(self.made[key])
        mesh.CreateDoubleSidedAttr(bool(self._told(primitive.material).get("doubleSided")))

    def _told(self, number: int | None) -> dict[str, Any]:
        return {} if number is None else self.model.materials[number]

    def _material(self, stage: Any, path: str, key: tuple[int | None, bool]) -> Any:
        number, coloured = key
        told = self._told(number)
        plain = told.get("pbrMetallicRoughness") or {}
        material = self.usd.UsdShade.Material.Define(stage, path)
        surface = self._shader(stage, f"{path}/Surface", "UsdPreviewSurface")
        material.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
        red, green, blue = (plain.get("baseColorFactor") or (1.0, 1.0, 1.0))[:3]
        factors = {
            "diffuseColor": (red, green, blue),
            "roughness": plain.get("roughnessFactor", 1.0),
            "metallic": plain.get("metallicFactor", 1.0),
            "emissiveColor": tuple(told.get("emissiveFactor") or (0.0, 0.0, 0.0)),
        }
        used: dict[str, Any] = {slot: told[slot] for slot in _CHANNELS if slot in told}
        if entry := plain.get("baseColorTexture"):
            used["baseColorTexture"] = entry
        if entry := plain.get("metallicRoughnessTexture"):
            used |= {"roughness": entry, "metallic": entry}
        for slot, entry in used.items():
            name, channel, colour = _CHANNELS[slot]
            factor = factors.pop(name, None)
            texture = self._texture(stage, f"{path}/{slot[0].upper()}{slot[1:]}", entry, colour, factor)
            self._input(surface, name).ConnectToSource(texture.ConnectableAPI(), channel)
        if coloured and "diffuseColor" in factors:
            factors.pop("diffuseColor")
            reader = self._reader(stage, f"{path}/Colours", "displayColor", "float3")
            self._input(surface, "diffuseColor").ConnectToSource(reader.ConnectableAPI(), "result")
        for name, value in factors.items():
            self._input(surface, name).Set(self.usd.Gf.Vec3f(*value) if isinstance(value, tuple) else float(value))
        return material

    def _texture(self, stage: Any, path: str, entry: dict[str, Any], colour: bool, factor: Any) -> Any:
        types, gf = self.usd.Sdf.ValueTypeNames, self.usd.Gf
        index = int(entry["index"])
        texture = self._shader(stage, path, "UsdUVTexture")
        texture.CreateInput("file", types.Asset).Set(self.usd.Sdf.AssetPath(self._file(index, colour)))
        texture.CreateInput("sourceColorSpace", types.Token).Set("sRGB" if colour else "raw")
        sampler = self.model.textures[index].sampler
        for axis in ("S", "T"):
            texture.CreateInput(f"wrap{axis}", types.Token).Set(_WRAPS.get(sampler.get(f"wrap{axis}", 0), "repeat"))
        if path.endswith("/NormalTexture"):
            # From 0..1 to -1..1, as the checker of OpenUSD asks for.
            texture.CreateInput("scale", types.Float4).Set(gf.Vec4f(2, 2, 2, 1))
            texture.CreateInput("bias", types.Float4).Set(gf.Vec4f(-1, -1, -1, 0))
        elif factor is not None:
            scale = (*factor, 1.0) if isinstance(factor, tuple) else (factor,) * 4
            texture.CreateInput("scale", types.Float4).Set(gf.Vec4f(*scale))
        channel = int(entry.get("texCoord", 0))
        reader = self._reader(stage, f"{path}_Places", f"st{channel or ''}", "float2")
        texture.CreateInput("st", types.Float2).ConnectToSource(reader.ConnectableAPI(), "result")
        for name, form in (("rgb", types.Float3), ("r", types.Float), ("g", types.Float), ("b", types.Float)):
            texture.CreateOutput(name, form)
        return texture

    def _reader(self, stage: Any, path: str, primvar: str, form: str) -> Any:
        reader = self._shader(stage, path, f"UsdPrimvarReader_{form}")
        reader.CreateInput("varname", self.usd.Sdf.ValueTypeNames.String).Set(primvar)
        types = self.usd.Sdf.ValueTypeNames
        reader.CreateOutput("result", types.Float2 if form == "float2" else types.Float3)
        return reader

    def _shader(self, stage: Any, path: str, identifier: str) -> Any:
        shader = self.usd.UsdShade.Shader.Define(stage, path)
        shader.CreateIdAttr(identifier)
        if identifier == "UsdPreviewSurface":
            shader.CreateOutput("surface", self.usd.Sdf.ValueTypeNames.Token)
        return shader

    def _input(self, surface: Any, name: str) -> Any:
        types = self.usd.Sdf.ValueTypeNames
        forms = {"diffuseColor": types.Color3f, "emissiveColor": types.Color3f, "normal": types.Normal3f}
        return surface.CreateInput(name, forms.get(name, types.Float))

    def _file(self, index: int, colour: bool) -> str:
        if index not in self.files:
            image = textures.decode(self.model.textures[index], self.name)
            image = image.flatten() if image.hasalpha() else image
            if (longest := max(image.width, image.height)) > SIDE:
                image = image.resize(SIDE / longest, kernel="lanczos3")
            # Chroma that is thinned out would bend normals.
            content = image.jpegsave_buffer(
                Q=_QUALITY, optimize_coding=True, keep="none", subsample_mode="auto" if colour else "off"
            )
            self.files[index] = (f"textures/{index}.jpg", content)
        return self.files[index][0]
