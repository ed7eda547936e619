/** How good the pictures of an object are: quality/evidence.json as a contact sheet and colour charts. */

import { h } from "./dom";
import { asObject, asText, line, linkedTo, words, type Json, type Manifest, type View } from "./iiif";
import { routeOf } from "./routes";
import { t } from "./texts";

const asObjects = (value: unknown): Json[] => (Array.isArray(value) ? value.map(asObject) : []);
const one = (value: unknown): string => line(words(value));
const verdictOf = (value: unknown): "pass" | "warn" | "fail" => (value === "warn" || value === "fail" ? value : "pass");

/** The section, or null where nothing was judged or it cannot be read. */
export async function quality(document: Manifest): Promise<HTMLElement | null> {
  const found = await linkedTo(document, "/quality/evidence.json");
  if (!found) return null;
  const { address, told } = found;
  const pages = asObjects(told.pages);
  const targets = asObjects(told.targets);
  if (!pages.length && !targets.length) return null;
  const labels = asObject(told.labels);
  return h(
    "section",
    { class: "quality", "aria-labelledby": "quality" },
    h("h2", { id: "quality" }, t.quality),
    pages.length > 0 && h("p", {}, summary(pages)),
    pages.length > 0 && contactSheet(document, pages, labels),
    ...targets.map((target) => chart(address, target)),
  );
}

function summary(pages: Json[]): string {
  const count = (verdict: string) => pages.filter((page) => verdictOf(page.verdict) === verdict).length;
  return t.qualitySummary(pages.length, count("pass"), count("warn"), count("fail"));
}

function contactSheet(document: Manifest, pages: Json[], labels: Json): HTMLElement {
  const views = new Map(document.views.map((view) => [view.slug, view]));
  const rank = new Map(document.views.map((view, at) => [view.slug, at]));
  const place = (page: Json) => rank.get(asText(page.address)) ?? pages.length;
  const cards = [...pages].sort((a, b) => place(a) - place(b)).map((page) => card(document, page, views.get(asText(page.address)), labels));
  const wrong = pages.some((page) => verdictOf(page.verdict) !== "pass");
  return h("details", { class: "contact", open: wrong || pages.length <= 12 }, h("summary", {}, t.contactSheet), h("ol", {}, ...cards));
}

function card(document: Manifest, page: Json, view: View | undefined, labels: Json): HTMLElement {
  const verdict = verdictOf(page.verdict);
  const name = (view && line(view.label)) || asText(page.name);
  const picture = h("span", { class: "frame" }, view?.thumbnail && h("img", { src: view.thumbnail.address, alt: "", loading: "lazy" }));
  const figures = Object.entries(asObject(page.figures)).map(([figure, value]) => `${one(labels[figure]) || figure} ${asText(value)}`);
  const notes = Array.isArray(page.notes) ? page.notes.map(one).filter(Boolean) : [];
  return h(
    "li",
    { class: verdict, title: figures.join("\n") },
    view ? h("a", { href: routeOf(document.id, view.slug) }, picture, name) : h("span", {}, picture, name),
    h("span", { class: "verdict" }, t.verdicts[verdict]),
    ...notes.map((note) => h("span", { class: "why" }, note)),
  );
}

function chart(address: string, target: Json): HTMLElement {
  const name = asText(target.name);
  const picture = asText(target.chart);
  const source = picture && new URL(encodeURIComponent(picture), address).href;
  const stars = typeof target.stars === "number" ? target.stars : null;
  const verdict = verdictOf(target.verdict);
  const notes = Array.isArray(target.notes) ? target.notes.map(one).filter(Boolean) : [];
  return h(
    "figure",
    { class: `target ${verdict}` },
    h("figcaption", {}, `${t.colourTarget}: ${name} – `, h("span", { class: "verdict" }, t.verdicts[verdict]), stars !== null && ` – ${t.stars(stars)}`),
    ...notes.map((note) => h("p", { class: "note" }, note)),
    source && h("a", { href: source }, h("img", { src: source, alt: t.chartAlt(name), loading: "lazy", width: 1600, height: 1000 })),
    figures(asObjects(target.figures)),
  );
}

function figures(rows: Json[]): HTMLElement | null {
  if (!rows.length) return null;
  const sources = [...new Set(rows.map((row) => asText(row.source)).filter(Boolean))];
  const number = (row: Json) => sources.indexOf(asText(row.source)) + 1;
  const head = [t.figure, t.value, t.limit, t.grade].map((name) => h("th", { scope: "col" }, name));
  const told = (row: Json) =>
    h(
      "tr",
      { class: verdictOf(row.verdict) },
      h("th", { scope: "row" }, one(row.label)),
      h("td", {}, asText(row.value)),
      h("td", {}, asText(row.limit) || "–", number(row) > 0 && h("sup", {}, String(number(row)))),
      h("td", {}, typeof row.stars === "number" ? inStars(row.stars) : t.verdicts[verdictOf(row.verdict)]),
    );
  return h(
    "details",
    {},
    h("summary", {}, t.figures(rows.length)),
    h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows.map(told))),
    h("ol", { class: "sources" }, ...sources.map((text) => h("li", { lang: "en" }, text))),
  );
}

const inStars = (count: number): HTMLElement => {
  const full = Math.max(0, Math.min(4, Math.round(count)));
  return h("span", { role: "img", "aria-label": t.stars(full) }, "★".repeat(full) + "☆".repeat(4 - full));
};
