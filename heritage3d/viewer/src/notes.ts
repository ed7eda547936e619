/** What people say of places on the page or model that is looked at. */

import { h } from "./dom";
import { said, type Note, type View } from "./iiif";
import { t } from "./texts";

/** The list, or null where nobody said anything; `go` leads to a place, null takes its mark away. */
export function notesOf(view: View, go: (note: Note | null) => void): HTMLElement | null {
  if (!view.notes.length) return null;
  const rows = view.notes.map((note) => row(note, go));
  return h("section", { class: "notes", "aria-labelledby": "notes" }, h("h2", { id: "notes" }, t.notes), h("ol", {}, ...rows));
}

function row(note: Note, go: (note: Note | null) => void): HTMLElement {
  const { texts, lang } = said(note.text);
  const [first = "", ...more] = texts.flatMap((text) => text.split("\n"));
  const words = [h("span", { class: "first" }, first), ...more.map((line) => h("span", {}, line))];
  if (!note.box && !note.point) return h("li", lang ? { lang } : {}, h("span", { class: "note" }, ...words));
  const button = h("button", { type: "button", "aria-pressed": "false", title: t.goToNote }, ...words);
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    for (const other of button.closest("ol")!.querySelectorAll("button")) other.setAttribute("aria-pressed", String(on && other === button));
    go(on ? note : null);
  });
  return h("li", lang ? { lang } : {}, button);
}
