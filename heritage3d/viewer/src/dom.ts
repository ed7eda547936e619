/** Elements without innerHTML: text of strangers is only ever text. */

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void) | null | undefined>;

function fill(node: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child): child is Node | string => Boolean(child)));
}

/** `h("p", { class: "note", onclick: act }, "text", child)`; empty children and attributes are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  fill(node, attributes, children);
  return node;
}

const paths = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  whole: "M3 5h18v14H3zM8.5 9h7v6h-7z",
  full: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  turn: "M20 12a8 8 0 1 1-2.6-5.9M20 3v5h-5",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  light: "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6l1.5 1.5M16.9 16.9l1.5 1.5M5.6 18.4l1.5-1.5M16.9 7.1l1.5-1.5M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6",
  dark: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10",
  raking: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M12 4v16M15 4.8v14.4M18 7.2v9.6",
  surface: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  honest: "M12 4l7 4v8l-7 4-7-4V8zM9 10l6 5M15 10l-6 5",
  scroll: "M4 6h16v12H4zM9 6v12M15 6v12",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L20 20",
  page: "M6 3h8l4 4v14H6zM14 3v4h4",
  ruler: "M3 15.5L15.5 3 21 8.5 8.5 21zM7 11.5l2 2M10 8.5l3 3M13 5.5l2 2",
  section: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM3 19.5L21 4.5",
  pages: "M6 2v6h12V2M6 22v-6h12v6M3 12h18",
  beside: "M3 5h8v14H3zM13 5h8v14h-8z",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M4 20h16",
  link: "M9 15l6-6M10.5 6.5l2-2a4 4 0 0 1 6 6l-2 2M13.5 17.5l-2 2a4 4 0 0 1-6-6l2-2",
};
export type Icon = keyof typeof paths;

/** A line drawing for a button; the button itself carries the words. */
export function icon(name: Icon): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  fill(drawing, { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" }, []);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", paths[name]);
  drawing.append(path);
  return drawing;
}

/** A button with a picture, named for screen readers and by a tooltip. */
export function tool(name: Icon, label: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement {
  return h("button", { type: "button", class: "tool", "aria-label": label, title: label, onclick: act, ...attributes }, icon(name));
}
