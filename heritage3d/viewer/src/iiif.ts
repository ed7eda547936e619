/** IIIF Presentation 3, read with tolerance: a wrong type is an absent property, never an exception. */

import { Base, json, pathOf, root } from "./site";
import { bestTag } from "./texts";

export type Words = Record<string, string[]>;
export type Json = Record<string, unknown>;

export interface Thumbnail {
  address: string;
  width?: number;
  height?: number;
}

export interface Item {
  id: string;
  label: Words;
  manifest: string;
  thumbnail?: Thumbnail;
}

export interface Collection {
  label: Words;
  summary: Words;
  items: Item[];
}

export interface ModelFile {
  address: string;
  name: string;
  role: string;
}

/** What someone says of a place: a box or a point on a page in pixels of its canvas, or a point on a model in metres. */
export interface Note {
  title?: string;
  text: Words;
  box?: [number, number, number, number];
  point?: [number, number, number];
}

/** One thing that is looked at: a page with deep zoom, or a model. */
export interface View {
  kind: "image" | "model";
  slug: string;
  label: Words;
  width: number;
  height: number;
  thumbnail?: Thumbnail;
  info?: string; // the folder of an image service
  picture?: string; // a plain image, where there is no service
  mmPerPixel?: number;
  files: ModelFile[];
  evidence?: string;
  ar?: string; // the model as USDZ, for the reader's own room
  notes: Note[];
}

export interface Entry {
  label: Words;
  value: Words;
}

export interface Manifest {
  id: string;
  address: string;
  label: Words;
  summary: Words;
  metadata: Entry[];
  statement?: Entry;
  rights?: string;
  providers: { label: Words; homepage?: string }[];
  direction: string;
  continuous: boolean;
  start?: string;
  views: View[];
  structures: unknown; // ranges in ranges (contents.ts)
  slugs: Map<string, string>; // what the canvas of an id is shown as
  links: Link[]; // data and downloads of this site
  elsewhere: Link[]; // home page, data and downloads of others: shown, never read
}

export interface Link {
  label: Words;
  address: string;
  format: string;
}

export const asObject = (value: unknown): Json => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {});
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
export const asText = (value: unknown): string => (typeof value === "string" ? value : "");
const asNumber = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0);

export function words(value: unknown): Words {
  if (typeof value === "string") return { none: [value] };
  const found: Words = {};
  for (const [tag, texts] of Object.entries(asObject(value))) {
    const kept = asList(texts).filter((text): text is string => typeof text === "string");
    if (kept.length) found[tag] = kept;
  }
  return found;
}

/** Words in which Presentation allows a little HTML (summaries and values, not labels): their text. */
function marked(value: unknown): Words {
  return Object.fromEntries(Object.entries(words(value)).map(([tag, texts]) => [tag, texts.map(plain)]));
}

function plain(value: string): string {
  if (!(value.startsWith("<") && value.endsWith(">"))) return value;
  const { body } = new DOMParser().parseFromString(value, "text/html");
  for (const node of body.querySelectorAll("script, style")) node.remove();
  return body.textContent ?? "";
}

/** The texts in the reader's language, with the tag for `lang`. */
export function said(value: Words): { texts: string[]; lang?: string } {
  const tag = bestTag(Object.keys(value));
  if (tag === undefined) return { texts: [] };
  return tag === "none" || tag === "@none" ? { texts: value[tag]! } : { texts: value[tag]!, lang: tag };
}

export const line = (value: Words): string => said(value).texts.join(" · ");

function thumbnail(base: Base, value: unknown): Thumbnail | undefined {
  const entry = asObject(asList(value)[0]);
  const address = base.local(entry.id);
  if (!address) return undefined;
  const [width, height] = [asNumber(entry.width), asNumber(entry.height)];
  return width && height ? { address, width, height } : { address };
}

export async function collection(): Promise<Collection> {
  const address = new URL("collection.json", root).href;
  const document = asObject(await json(address));
  const items: Item[] = [];
  for (const [base, entry] of await members(document, address, MOST_PAGES)) {
    const manifest = base.local(entry.id);
    if (!manifest || entry.type !== "Manifest") continue;
    const path = pathOf(manifest);
    const id = /^objects\/([^/]+)\/manifest\.json$/.exec(path)?.[1] ?? path;
    const picture = thumbnail(base, entry.thumbnail);
    items.push({ id, label: words(entry.label), manifest, ...(picture && { thumbnail: picture }) });
  }
  return { label: words(document.label), summary: marked(document.summary), items };
}

const MOST_PAGES = 200; // collections inside a collection that are read

/** What a collection names, and what the collections that it names do; these name no further ones. */
async function members(document: Json, address: string, pages: number): Promise<[Base, Json][]> {
  const base = new Base(asText(document.id), address);
  const found: [Base, Json][] = [];
  for (const entry of asList(document.items).map(asObject)) {
    const inner = entry.type === "Collection" && pages-- > 0 ? base.local(entry.id) : null;
    if (inner) found.push(...(await members(asObject(await json(inner)), inner, 0)));
    else found.push([base, entry]);
  }
  return found;
}

export async function manifest(item: Pick<Item, "id" | "manifest">): Promise<Manifest> {
  const document = asObject(await json(item.manifest));
  const base = new Base(asText(document.id), item.manifest);
  const folder = new URL(".", item.manifest).href;
  const views: View[] = [];
  const canvases = new Map<string, View>();
  for (const value of asList(document.items)) {
    const view = canvas(base, folder, asObject(value), document);
    if (view) views.push(view);
    if (view) canvases.set(asText(asObject(value).id), view);
  }
  distinct(views);
  const statement = asObject(document.requiredStatement);
  const start = asText(asObject(document.start).id);
  const at = asList(document.items).findIndex((value) => asText(asObject(value).id) === start);
  return {
    id: item.id,
    address: item.manifest,
    label: words(document.label),
    summary: marked(document.summary),
    metadata: entries(document.metadata),
    ...(document.requiredStatement ? { statement: { label: words(statement.label), value: marked(statement.value) } } : {}),
    ...(asText(document.rights) && { rights: asText(document.rights) }),
    providers: asList(document.provider).map(provider),
    direction: asText(document.viewingDirection) || "left-to-right",
    continuous: asList(document.behavior).includes("continuous"),
    ...(start && views[at] && { start: views[at].slug }),
    views,
    structures: document.structures,
    slugs: new Map([...canvases].map(([id, view]) => [id, view.slug])),
    links: links([document.seeAlso, document.rendering], (id) => base.local(id)),
    elsewhere: links([document.homepage, document.seeAlso, document.rendering], (id) => (base.local(id) ? null : stranger(id))),
  };
}

function links(lists: unknown[], find: (id: unknown) => string | null): Link[] {
  return lists.flatMap(asList).flatMap((value) => {
    const entry = asObject(value);
    const address = find(entry.id);
    return address ? [{ label: words(entry.label), address, format: asText(entry.format) }] : [];
  });
}

/** A web address of somebody else; anything that is none, a script above all, is no link. */
const stranger = (id: unknown): string | null => (/^https?:\/\//.test(asText(id)) ? asText(id) : null);

function provider(value: unknown): { label: Words; homepage?: string } {
  const entry = asObject(value);
  const homepage = asText(asObject(asList(entry.homepage)[0]).id);
  return { label: words(entry.label), ...(/^https?:/.test(homepage) && { homepage }) };
}

function entries(value: unknown): Entry[] {
  return asList(value).map((pair) => ({ label: words(asObject(pair).label), value: marked(asObject(pair).value) }));
}

function canvas(base: Base, folder: string, value: Json, document: Json): View | null {
  const annotations = asList(value.items).flatMap((page) => asList(asObject(page).items)).map(asObject);
  let body = asObject(asList(annotations.find((entry) => entry.motivation === "painting")?.body)[0]);
  if (body.type === "Choice") body = asObject(asList(body.items)[0]);
  const picture = thumbnail(base, value.thumbnail);
  const common = {
    label: words(value.label),
    width: asNumber(value.width),
    height: asNumber(value.height),
    notes: notes(value.annotations),
    ...(picture && { thumbnail: picture }),
  };
  if (body.type === "Model") return model(base, folder, common, body, value, document);
  const service = asList(body.service).map(asObject).find((entry) => /^ImageService/.test(asText(entry.type ?? entry["@type"])));
  const info = base.local(service?.id ?? service?.["@id"]);
  const plainPicture = base.local(body.id);
  if (!info && !plainPicture) return null;
  const real = physical(value);
  return {
    ...common,
    kind: "image",
    slug: slug(folder, info ?? plainPicture!),
    files: [],
    ...(info && { info: info.replace(/\/$/, "") }),
    ...(plainPicture && { picture: plainPicture }),
    ...(real && { mmPerPixel: real }),
  };
}

/** The comments of a canvas or scene; annotation pages that lie elsewhere are left alone. */
function notes(value: unknown): Note[] {
  const said = asList(value).flatMap((page) => asList(asObject(page).items)).map(asObject);
  return said.flatMap((entry) => {
    const whole = asList(entry.body).map(asObject);
    const bodies = whole.flatMap((body) => (body.type === "Choice" ? asList(body.items).map(asObject) : [body]));
    const text: Words = {};
    for (const body of bodies.filter((one) => one.type === "TextualBody" && asText(one.value))) {
      const tag = asText(asList(body.language)[0]) || "none";
      (text[tag] ??= []).push(body.format === "text/html" ? plain(asText(body.value)) : asText(body.value));
    }
    return Object.keys(text).length ? [{ text, ...place(entry.target) }] : [];
  });
}

function place(value: unknown): Pick<Note, "box" | "point"> {
  const target = asList(value)[0];
  const address = asText(target) || asText(asObject(target).id);
  const found = /#xywh=(?:pixel:)?([\d.]+),([\d.]+),([\d.]+),([\d.]+)/.exec(address);
  if (found) return { box: found.slice(1, 5).map(Number) as [number, number, number, number] };
  const selector = asObject(asList(asObject(target).selector)[0]);
  const at = ["x", "y", "z"].map((axis) => selector[axis]);
  if (selector.type !== "PointSelector" || typeof at[0] !== "number" || typeof at[1] !== "number") return {};
  return typeof at[2] === "number" ? { point: at as [number, number, number] } : { box: [at[0], at[1], 0, 0] };
}

/** A document that the manifest links to by the end of its address, with its own address; null where there is none. */
export async function linkedTo(document: Manifest, ending: string): Promise<{ address: string; told: Json } | null> {
  const address = document.links.find((link) => link.address.endsWith(ending))?.address;
  try {
    return address ? { address, told: asObject(await json(address)) } : null;
  } catch {
    return null;
  }
}

/** The notes at points of the models, by the address of a model's folder, from a manifest of Presentation 4. */
export async function notesInScenes(document: Manifest): Promise<Map<string, Note[]>> {
  const found = new Map<string, Note[]>();
  const address = document.links.find((link) => link.format.includes("presentation/4"))?.address;
  if (!address) return found;
  const scene = asObject(await json(address));
  const base = new Base(asText(scene.id), address);
  for (const item of asList(scene.items).map(asObject).filter((entry) => entry.type === "Scene")) {
    const painted = asList(item.items).flatMap((page) => asList(asObject(page).items)).map((entry) => asObject(asObject(entry).body));
    const model = base.local(painted.find((body) => body.type === "Model")?.id);
    if (model) found.set(new URL(".", model).href, notes(item.annotations));
  }
  return found;
}

function model(base: Base, folder: string, common: Omit<View, "kind" | "slug" | "files">, body: Json, value: Json, document: Json): View | null {
  const web = base.local(body.id);
  if (!web) return null;
  const home = new URL(".", web).href;
  const offered = [body, ...asList(value.rendering), ...asList(document.rendering)].map(asObject);
  const files = new Map<string, ModelFile>();
  for (const entry of offered) {
    const address = base.local(entry.id);
    // Of an object's renderings only those of this model: they lie beside it.
    if (!address || !/\.glb$/i.test(address) || new URL(".", address).href !== home) continue;
    const name = pathOf(address).split("/").at(-1)!;
    files.set(address, { address, name, role: name.replace(/\.glb$/i, "") });
  }
  const ar = asList(value.rendering).map(asObject).find((entry) => entry.format === "model/vnd.usdz+zip");
  const ownRoom = base.local(ar?.id);
  const listed = asList(value.seeAlso).map((entry) => base.local(asObject(entry).id)).find((entry) => entry?.endsWith("/evidence.json"));
  return {
    ...common,
    kind: "model",
    slug: slug(folder, home.replace(/\/$/, "")),
    files: [...files.values()].sort((a, b) => rank(a) - rank(b)),
    // Every model of a published tree has its evidence beside it.
    evidence: listed ?? new URL("evidence.json", home).href,
    ...(ownRoom && { ar: ownRoom }),
  };
}

const ROLES = ["preview", "web", "vr", "full"];
const rank = (file: ModelFile): number => (ROLES.includes(file.role) ? ROLES.indexOf(file.role) : ROLES.length);

/** "pages/001r": the path of a service or a model below its object's folder. */
function slug(folder: string, address: string): string {
  return address.startsWith(folder) ? pathOf(address).slice(pathOf(folder).length) : pathOf(address);
}

function distinct(views: View[]): void {
  const seen = new Map<string, number>();
  for (const view of views) {
    const times = (seen.get(view.slug) ?? 0) + 1;
    seen.set(view.slug, times);
    if (times > 1) view.slug += `~${times}`;
  }
}

/** The physical dimension service of IIIF: millimetres a canvas unit. */
function physical(value: Json): number {
  for (const entry of asList(value.service).map(asObject)) {
    const scale = asNumber(entry.physicalScale);
    const unit = { mm: 1, cm: 10, in: 25.4 }[asText(entry.physicalUnits)];
    if (scale && unit) return scale * unit;
  }
  return 0;
}
