/**
 * The data of a package that is opened by a double click.
 *
 * A page that lies on a disk may load pictures and classic scripts, and nothing else: no module, no fetch. So the
 * package carries its documents, models and tiles as scripts that call `heritage3d(path, form, content)`, and
 * `fetch` and the tiles of OpenSeadragon are answered from those (tiles.ts). The same package works from a server too.
 */

import { pathOf, root } from "../site";

type Form = "text" | "base64";
type Table = Record<string, string[]>; // path -> the scripts that carry it, in the order of its parts

const KEPT_BYTES = 400_000_000; // of tiles that were looked at; the oldest are let go
const TYPES: Record<string, string> = {
  json: "application/json",
  glb: "model/gltf-binary",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  wasm: "application/wasm",
};

const given = new Map<string, Uint8Array<ArrayBuffer>[]>(); // path -> its parts
const tables: Table = Object.create(null) as Table;
const scripts = new Map<string, Promise<void>>();
const carried = new Map<string, string[]>(); // script -> the paths that it brought
const folders = new Set<string>(); // image services: their tiles are told of in a script of their own
let bytes = 0;
let reading = "";

const receive = (path: string, form: Form, content: string, part = 0): void => {
  const value = form === "text" ? new TextEncoder().encode(content) : Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const parts = given.get(path) ?? [];
  parts[part] = value;
  given.set(path, parts);
  bytes += value.length;
  carried.get(reading)?.push(path);
};
const told = (table: Table, services: string[] = []): void => {
  Object.assign(tables, table);
  for (const folder of services) folders.add(folder);
};
Object.assign(window, { heritage3d: receive, heritage3dFiles: told });

/** Bring a script, once; whether it came. Scripts run one after another, so that each knows whose data it brings. */
let queue = Promise.resolve();
function bring(script: string): Promise<void> {
  let coming = scripts.get(script);
  if (coming) return coming;
  coming = queue.then(
    () =>
      new Promise<void>((resolve, reject) => {
        const element = document.createElement("script");
        element.src = root + script.split("/").map(encodeURIComponent).join("/");
        element.onload = () => (element.remove(), resolve());
        element.onerror = () => (element.remove(), reject(new Error(script)));
        carried.set(script, []);
        reading = script;
        document.head.append(element);
      }),
  );
  queue = coming.catch(() => {});
  scripts.set(script, coming);
  return coming;
}

function forgetOldTiles(): void {
  for (const [script, paths] of carried) {
    if (bytes < KEPT_BYTES) return;
    if (!/\/tiles-\d+\.js$/.test(script)) continue;
    for (const path of paths) {
      for (const part of given.get(path) ?? []) bytes -= part.length;
      given.delete(path);
    }
    carried.delete(script);
    scripts.delete(script);
  }
}

/** The bytes of a file of the package, or null where it holds none of that name. */
export async function file(path: string): Promise<Blob | null> {
  await bring("assets/offline/files.js");
  const object = /^objects\/[^/]+\//.exec(path)?.[0];
  if (object) await bring(`${object}object.js`).catch(() => {}); // a stranger's address: there is no such object
  for (let end = path.lastIndexOf("/"); end > 0 && !tables[path]; end = path.lastIndexOf("/", end - 1)) {
    const folder = path.slice(0, end);
    if (folders.has(folder)) await bring(`${folder}/tiles-0.js`);
  }
  for (const script of tables[path] ?? []) await bring(script);
  const parts = given.get(path);
  if (!parts) return null;
  const blob = new Blob(parts, { type: TYPES[path.split(".").at(-1)!] ?? "application/octet-stream" });
  forgetOldTiles();
  return blob;
}

const onTheWire = window.fetch.bind(window);

async function fetched(input: RequestInfo | URL, options?: RequestInit): Promise<Response> {
  const address = input instanceof Request ? input.url : new URL(input, document.baseURI).href;
  if (address.startsWith("data:")) return decoded(address);
  if (!address.startsWith(root)) return onTheWire(input, options);
  const signal = input instanceof Request ? input.signal : options?.signal;
  const blob = await file(pathOf(address.split(/[?#]/)[0]!));
  signal?.throwIfAborted();
  if (!blob) return new Response(null, { status: 404, statusText: "Not Found" });
  return new Response(blob, { status: 200, headers: { "Content-Type": blob.type, "Content-Length": String(blob.size) } });
}

/** The decoders inside the bundle: a policy that let `fetch` read data: addresses would be weaker. */
function decoded(address: string): Response {
  const comma = address.indexOf(",");
  const head = address.slice(5, comma);
  const body = address.slice(comma + 1);
  const content = head.endsWith(";base64") ? Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0)) : decodeURIComponent(body);
  return new Response(content, { headers: { "Content-Type": head.split(";")[0] || "text/plain" } });
}

window.fetch = fetched;

/** Links to documents and models: what the scripts carry is offered as a download. */
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link?.href.startsWith(root) || link.href.split("#")[0] === location.href.split("#")[0]) return;
  const path = pathOf(link.href.split(/[?#]/)[0]!);
  if (!/\.(json|glb)$/.test(path)) return;
  event.preventDefault();
  void file(path).then((blob) => {
    if (!blob) return;
    const saved = document.createElement("a");
    saved.href = URL.createObjectURL(blob);
    saved.download = path.split("/").at(-1)!;
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), 60_000);
  });
});
