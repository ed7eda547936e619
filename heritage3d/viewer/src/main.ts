/** The frame around all views: header, footer, routes, language, colours. */

import "./style.css";
import type { BesidePage } from "./beside";
import { h, icon } from "./dom";
import { GalleryPage, type Asked } from "./gallery";
import { said } from "./iiif";
import { ObjectPage } from "./object";
import { route, routeOf } from "./routes";
import { addressOf, index, type Index } from "./search";
import { language, languages, speak, t, type Language } from "./texts";

type Page = GalleryPage | ObjectPage | BesidePage;

const app = document.getElementById("app")!;
const asked: Asked = { query: "", values: new Map() };
const left = { at: 0, object: "" }; // where the gallery was left, and for which object
let known: Index | null = null;
let page: Page | null = null;
let gallery: GalleryPage | null = null; // kept while an object is looked at
let turn = 0;

function remember(name: string, value?: string): string | null {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

const isDark = (): boolean =>
  (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function header(): HTMLElement {
  const theme = h("button", { type: "button", class: "tool" });
  const label = () => {
    const text = isDark() ? t.toLight : t.toDark;
    theme.setAttribute("aria-label", text);
    theme.title = text;
    theme.replaceChildren(icon(isDark() ? "light" : "dark"));
  };
  theme.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remember("heritage3d.theme", next);
    label();
  });
  label();
  const tongue = h(
    "select",
    { "aria-label": t.language },
    ...Object.entries(languages).map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === language }, name)),
  );
  tongue.addEventListener("change", () => {
    speak(tongue.value as Language);
    frame();
    void open(true);
    app.querySelector<HTMLElement>("header select")?.focus();
  });
  const home = known ? said(known.label) : { texts: [] };
  return h(
    "header",
    { class: "top" },
    h("a", { class: "home", href: "#/" }, h("span", { class: "seal", "aria-hidden": "true" }), h("span", { class: "name", ...(home.lang && { lang: home.lang }) }, home.texts[0] ?? t.readingRoom)),
    h("div", { class: "choices" }, tongue, theme),
  );
}

/** Everything that stays when views change. */
function frame(): void {
  page?.destroy();
  gallery?.destroy();
  page = gallery = null;
  const skip = h("a", { class: "skip", href: "#content" }, t.skip);
  skip.addEventListener("click", (event) => {
    event.preventDefault(); // the hash belongs to the routes
    document.getElementById("content")?.focus();
  });
  app.replaceChildren(
    skip,
    header(),
    h("div", { class: "view" }),
    h("footer", {}, h("span", {}, t.madeWith), h("a", { href: "assets/licences.txt" }, t.licences)),
  );
}

function put(node: HTMLElement): void {
  app.querySelector(".view")!.replaceChildren(node);
}

function notice(text: string): HTMLElement {
  return h("main", { id: "content", class: "notice", tabindex: "-1" }, h("h1", { tabindex: "-1" }, text), h("p", {}, h("a", { href: "#/" }, t.back)));
}

/** Show what the address asks for. `first` keeps the focus where it is: on arrival and on a change of language. */
async function open(first: boolean): Promise<void> {
  const mine = ++turn;
  const to = route();
  if (!known) return;
  if (to && "object" in to && page instanceof ObjectPage && page.id === to.object) {
    await page.show(to.slug);
    return;
  }
  if (page instanceof GalleryPage) [left.at, left.object] = [scrollY, to && "object" in to ? to.object : ""];
  else page?.destroy();
  page = null;
  const site = said(known.label).texts.join(" · ") || t.readingRoom;
  let title = site;
  if (!to) {
    page = gallery ??= new GalleryPage(known, asked);
    put(page.element);
  } else if ("sides" in to) {
    const made = await import("./beside").catch(() => null);
    if (mine !== turn) return;
    const beside = made && new made.BesidePage(to.sides, known);
    page = beside;
    put(beside?.element ?? notice(t.noObject));
    title = `${t.beside} – ${site}`;
  } else {
    const there = await known.has(to.object);
    if (mine !== turn) return;
    const next = there === false ? null : new ObjectPage({ id: to.object, manifest: addressOf(to.object) });
    page = next;
    put(next?.element ?? notice(t.noObject));
    try {
      await next?.build(to.slug);
    } catch {
      if (mine === turn) put(notice(t.noObject));
    }
    if (mine !== turn) return;
    title = next?.title ? `${next.title} – ${site}` : site;
  }
  document.title = title;
  if (first) return;
  scrollTo(0, to ? 0 : left.at);
  const card = !to && left.object && app.querySelector<HTMLElement>(`.cards a[href="${CSS.escape(routeOf(left.object))}"]`);
  (card || app.querySelector<HTMLElement>("main h1"))?.focus({ preventScroll: true });
}

async function start(): Promise<void> {
  const theme = remember("heritage3d.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  speak(language);
  try {
    known = await index();
  } catch {
    frame();
    put(notice(t.noCollection));
    return;
  }
  frame();
  history.scrollRestoration = "manual"; // the views change too late for the browser to find the place again
  window.addEventListener("hashchange", () => void open(false));
  await open(true);
}

void start();
