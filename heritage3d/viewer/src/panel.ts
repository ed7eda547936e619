/** What is known of an object: description, measured fidelity, files. */

import { h, icon } from "./dom";
import { bound, modelEvidence, type LevelEvidence, type ModelEvidence } from "./evidence";
import { said, type Entry, type Link, type Manifest, type ModelFile, type View, type Words } from "./iiif";
import { root } from "./site";
import { bytes, number, sides, t } from "./texts";

const withLanguage = (lang: string | undefined) => (lang ? { lang } : {});

function paragraphs(value: Words): HTMLElement[] {
  const { texts, lang } = said(value);
  return texts.flatMap((text) => text.split(/\n{2,}/)).map((text) => h("p", withLanguage(lang), text));
}

/** Summary, metadata, holding institution, rights. */
export function about(document: Manifest): HTMLElement {
  const list = h("dl", {});
  const add = (label: string, values: (Node | string)[], lang?: string) =>
    list.append(h("div", {}, h("dt", {}, label), ...values.map((value) => h("dd", withLanguage(lang), value))));
  const addEntry = ({ label, value }: Entry) => {
    const { texts, lang } = said(value);
    if (texts.length) add(said(label).texts.join(" · "), texts, lang);
  };
  if (!Object.values(document.label).flat().includes(document.id)) add(t.id, [document.id]);
  document.metadata.forEach(addEntry);
  for (const { label, homepage } of document.providers) {
    const name = said(label).texts.join(" · ");
    if (name) add(t.holding, [homepage ? h("a", { href: homepage, rel: "noopener noreferrer" }, name) : name]);
  }
  if (document.statement) addEntry(document.statement);
  if (document.rights) add(t.rights, [rights(document.rights)]);
  return h(
    "section",
    { "aria-label": t.about },
    ...paragraphs(document.summary).map((node) => (node.classList.add("summary"), node)),
    list.childElementCount > 0 && list,
  );
}

/** A licence by its common name, linked to its text. */
function rights(address: string): Node | string {
  if (!/^https?:\/\//.test(address)) return address;
  const [, kind, version] = /creativecommons\.org\/(?:licenses|publicdomain)\/([a-z-]+)\/(\d\.\d)/.exec(address) ?? [];
  const names: Record<string, string> = { zero: "CC0", mark: "Public Domain Mark" };
  const [, term] = /rightsstatements\.org\/vocab\/([A-Za-z-]+)\//.exec(address) ?? [];
  const name = kind ? `${names[kind] ?? `CC ${kind.toUpperCase()}`} ${version}` : (term ?? address);
  return h("a", { href: address, rel: "license noopener noreferrer" }, name);
}

/** The table of levels with their proven deviation, or null where nothing was measured. */
export async function evidence(view: View): Promise<HTMLElement | null> {
  const figures = view.evidence ? await modelEvidence(view.evidence) : null;
  if (!figures && !view.files.length) return null;
  const rows = view.files.map((file) => row(file, figures?.levels.find((entry) => entry.file === file.name)));
  const measured = figures?.levels.some((entry) => entry.deviationMm !== undefined || entry.deviationShare !== undefined);
  const head = [t.level, t.triangles, t.size, t.deviation].map((name) => h("th", { scope: "col" }, name));
  return h(
    "section",
    { class: "evidence", "aria-labelledby": "evidence" },
    h("h2", { id: "evidence" }, measured ? t.evidence : t.download),
    measured && h("p", {}, t.evidenceIntro),
    figures && !figures.scaleKnown && h("p", { class: "note" }, t.evidenceUnknown),
    h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows, master(figures))),
    figures?.extentMm && h("p", { class: "note" }, `${t.dimensions}: ${sides(figures.extentMm)}`),
    view.ar && ownRoom(view.ar, view.thumbnail?.address, figures?.scaleKnown ?? false),
  );
}

/** AR Quick Look, where the browser has it: a link with a picture and nothing else. Elsewhere the file itself. */
function ownRoom(file: string, picture: string | undefined, sized: boolean): HTMLElement {
  const link = h("a", {}, t.ownRoom);
  if (!picture || !link.relList.supports("ar")) {
    for (const [name, value] of [["href", file], ["download", ""]] as const) link.setAttribute(name, value);
    return h("p", { class: "ar" }, link);
  }
  // A true size is kept: fingers move and turn the object, they do not stretch it.
  const shown = h("a", { rel: "ar", href: sized ? `${file}#allowsContentScaling=0` : file }, h("img", { src: picture, alt: t.ownRoom }));
  return h("p", { class: "ar" }, shown, h("span", { "aria-hidden": "true" }, t.ownRoom));
}

function row(file: ModelFile, figures: LevelEvidence | undefined): HTMLElement {
  return h(
    "tr",
    { "data-file": file.name },
    h("th", { scope: "row" }, h("a", { href: file.address, download: "" }, t.roles[file.role] ?? file.name)),
    h("td", {}, figures?.triangles === undefined ? "–" : number(figures.triangles)),
    h("td", {}, figures?.bytes === undefined ? "–" : bytes(figures.bytes)),
    h("td", {}, bound(figures) ?? t.notMeasured),
  );
}

function master(figures: ModelEvidence | null): HTMLElement | null {
  if (figures?.masterTriangles === undefined) return null;
  return h("tr", { class: "master" }, h("th", { scope: "row" }, t.master), h("td", {}, number(figures.masterTriangles)), h("td", {}, "–"), h("td", {}, "–"));
}

const ZIP = "application/zip";

/** The object to take away: its packages of this site, or null where none was made. */
export function takeAway(document: Manifest): HTMLElement | null {
  const packages = document.links.filter(({ format }) => format === ZIP);
  if (!packages.length) return null;
  const link = ({ label, address }: Link) => {
    const { texts, lang } = said(label);
    return h("p", {}, h("a", { href: address, download: "", ...withLanguage(lang) }, icon("download"), texts.join(" · ") || t.download));
  };
  return h("section", { class: "take", "aria-label": t.download }, ...packages.map(link));
}

/** The manifest and other documents, for researchers and their software; then what others hold. */
export function links(document: Manifest): HTMLElement {
  const own = document.links.filter(({ address, format }) => !/\.glb$/i.test(address) && format !== ZIP);
  const link = ({ label, address }: Link, attributes: { rel?: string }) => {
    const { texts, lang } = said(label);
    const shown = texts.join(" · ") || address.replace(root, "");
    return h("li", {}, h("a", { href: address, ...attributes, ...withLanguage(lang) }, shown));
  };
  return h(
    "section",
    { class: "links", "aria-labelledby": "links" },
    h("h2", { id: "links" }, t.links),
    h(
      "ul",
      {},
      h("li", {}, h("a", { href: document.address }, t.manifest)),
      ...own.map((entry) => link(entry, {})),
      ...document.elsewhere.map((entry) => link(entry, { rel: "noopener noreferrer" })),
    ),
  );
}
