/** How a model was made from photographs, and how right it is: photogrammetry/evidence.json. */

import { h } from "./dom";
import { asObject, asText, linkedTo, type Json, type Manifest } from "./iiif";
import { length, number, percent, t } from "./texts";

const figure = (value: unknown): number | undefined => (typeof value === "number" && Number.isFinite(value) ? value : undefined);

/** The section, or null where the model does not come from photographs or its figures cannot be read. */
export async function photographs(document: Manifest): Promise<HTMLElement | null> {
  const found = await linkedTo(document, "/photogrammetry/evidence.json");
  if (!found) return null;
  const { address, told } = found;
  const [registered, all] = [figure(told.registered), figure(told.photographs)];
  if (registered === undefined || all === undefined) return null;
  return h(
    "section",
    { class: "quality photographs", "aria-labelledby": "photographs" },
    h("h2", { id: "photographs" }, t.photographs),
    h("p", {}, t.photographsUsed(registered, all)),
    picture(address, told, "sides", t.foursides, 2400, 1040),
    table(told),
    picture(address, told, "redrawn", t.redrawn(asText(asObject(told.redrawn).photograph))),
    picture(address, told, "cameras", t.cameras, 1800, 956),
    leftOut(told),
  );
}

function picture(address: string, told: Json, name: string, words: string, width?: number, height?: number): HTMLElement | null {
  const file = asText(asObject(told.pictures)[name]);
  if (!file) return null;
  const source = new URL(encodeURIComponent(file), address).href;
  const image = h("img", { src: source, alt: words, loading: "lazy", ...(width && height && { width, height }) });
  return h("figure", { class: "target" }, h("a", { href: source }, image), h("figcaption", {}, words));
}

function table(told: Json): HTMLElement {
  const [scale, surface, texture, redrawn] = ["scale", "surface", "texture", "redrawn"].map((key) => asObject(told[key])) as [Json, Json, Json, Json];
  const row = (label: string, value: string | false | undefined | null) => value && h("tr", {}, h("th", { scope: "row" }, label), h("td", {}, value));
  const said = (value: unknown, digits: number, unit = "") => {
    const found = figure(value);
    return found === undefined ? null : `${number(found, digits)}${unit}`;
  };
  // Cut and not rounded: what is not seen wholly is not called 100 %.
  const share = (value: unknown) => {
    const found = figure(value);
    return found === undefined ? null : percent(Math.floor(found * 1000) / 1000);
  };
  const uncertainty = figure(scale.uncertainty);
  const source = asText(scale.source);
  const checks = Array.isArray(scale.check_distances_mm) ? scale.check_distances_mm.map(asObject) : [];
  const rows = [
    row(t.reprojection, said(told.reprojection_px, 2, " px")),
    row(t.scaleFrom, source === "none" ? t.scaleUnknown : `${t.scaleSources[source] ?? source}${uncertainty === undefined ? "" : ` ± ${percent(uncertainty)}`}`),
    ...checks.map((check) =>
      row(t.checked(asText(check.from), asText(check.to), length(figure(check.stated) ?? 0)), said(check.measured, 3, " mm")),
    ),
    row(t.pointsDense, said(surface.points_per_mm2, 1)),
    row(t.seen, share(surface.seen)),
    row(t.invented, share(surface.invented)),
    row(t.texels, said(texture.texels_per_mm, 1)),
    row(t.ncc, said(redrawn.ncc, 3)),
    row(t.psnr, said(redrawn.psnr, 1, " dB")),
  ];
  return h("table", {}, h("tbody", {}, ...rows));
}

function leftOut(told: Json): HTMLElement | null {
  const out = (Array.isArray(told.left_out) ? told.left_out : []).map(asObject).filter((entry) => entry.used === false);
  if (!out.length) return null;
  return h(
    "details",
    {},
    h("summary", {}, t.photographsLeftOut(out.length)),
    h("ul", {}, ...out.map((entry) => h("li", { lang: "en" }, `${asText(entry.photograph)}: ${asText(entry.why)}`))),
  );
}
