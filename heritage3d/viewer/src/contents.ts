/** The table of contents: ranges in ranges, each leads to its first page. */

import { h } from "./dom";
import { asList, asObject, asText, said, words, type Manifest, type Words } from "./iiif";
import { routeOf } from "./routes";
import { t } from "./texts";

const DEEPEST = 12; // levels that are shown of a stranger's manifest

interface Section {
  label: Words;
  slugs: string[]; // pages that belong to it itself
  parts: Section[];
}

/** The ranges of a manifest; one without a page that is shown is left out. */
function sections(structures: unknown, slugs: Map<string, string>, depth = 0): Section[] {
  if (depth === DEEPEST) return [];
  return asList(structures).map(asObject).flatMap((entry) => {
    if (entry.type !== "Range") return [];
    const own = asList(entry.items).map(asObject).flatMap((item) => slugs.get(asText(item.id ?? asObject(item.source).id)) ?? []);
    const parts = sections(entry.items, slugs, depth + 1);
    return own.length || parts.length ? [{ label: words(entry.label), slugs: own, parts }] : [];
  });
}

/** Every page of a section, its parts' included. */
const pagesOf = (section: Section): string[] => [...section.slugs, ...section.parts.flatMap(pagesOf)];

/** The table, or null where there is none. What holds all others is its heading. */
export function contentsOf({ id, structures, slugs }: Manifest): HTMLElement | null {
  const found = sections(structures, slugs);
  const [whole, ...others] = found;
  const headed = whole && !others.length && whole.parts.length > 0 && !whole.slugs.length;
  const listed = headed ? whole.parts : found;
  if (!listed.length) return null;
  const { texts, lang } = headed ? said(whole.label) : { texts: [] };
  const heading = h("h2", { id: "contents", ...(lang && { lang }) }, texts.join(" · ") || t.sections);
  return h("nav", { class: "contents", "aria-labelledby": "contents" }, heading, list(id, listed));
}

function list(object: string, found: Section[]): HTMLElement {
  return h("ol", {}, ...found.map((section) => {
    const { texts, lang } = said(section.label);
    const pages = pagesOf(section);
    const link = h("a", { href: routeOf(object, pages[0]!), "data-pages": pages.join("\n"), ...(lang && { lang }) }, texts.join(" · ") || "–");
    return h("li", {}, link, section.parts.length > 0 && list(object, section.parts));
  }));
}

/** Mark where the reader is: every section that the page lies in. */
export function markIn(table: HTMLElement | null, slug: string): void {
  for (const link of table?.querySelectorAll("a") ?? []) {
    const here = link.dataset.pages!.split("\n").includes(slug);
    if (here) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
  }
}
