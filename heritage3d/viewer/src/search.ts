/** The reader's side of the static search index; what the files hold is told in heritage3d/exhibit/searching.py. */

import { asObject, collection, words, type Json, type Thumbnail, type Words } from "./iiif";
import { json, root } from "./site";

const MOST_READ = 24; // files of texts that one search may load to be sure of every object that it names

/** What the gallery shows of an object. */
export interface Card {
  id: string;
  label: Words;
  kind: Words;
  pages: number;
  models: number;
  thumbnail?: Thumbnail;
}

export interface Value {
  value: Words | string;
  count: number;
  having: () => Promise<number[]>;
}

export interface Facet {
  name: string;
  label: Words;
  values: Value[];
}

/** Numbers of objects in their order; null stands for all of them. Where not `sure`, a few too many. */
export interface Found {
  numbers: number[] | null;
  sure: boolean;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const asCount = (value: unknown): number => (typeof value === "number" && value > 0 ? Math.floor(value) : 0);
const place = (path: string): string => new URL(`search/${path}.json`, root).href;

/** One form for wide and narrow letters, cases and accents. */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function unstepped(steps: unknown): number[] {
  let at = 0;
  return asList(steps).map((step) => (at += Number(step) || 0));
}

function both(a: number[] | null, b: number[]): number[] {
  if (!a) return b;
  const other = new Set(b);
  return a.filter((number) => other.has(number));
}

export function addressOf(id: string): string {
  return new URL(`objects/${encodeURIComponent(id)}/manifest.json`, root).href;
}

export class Index {
  readonly label: Words;
  readonly summary: Words;
  readonly size: number;
  readonly facets: Facet[];
  private readonly page: number;
  private readonly shards: number;
  private readonly read = new Map<string, Promise<unknown>>();

  constructor(document: Json, texts?: string[]) {
    this.label = words(document.label);
    this.summary = words(document.summary);
    this.size = asCount(document.objects);
    this.page = asCount(document.page) || 60;
    this.shards = asCount(document.shards);
    this.facets = asList(document.facets).map((value) => this.facet(asObject(value)));
    this.read.set("cards/1", Promise.resolve(document.cards));
    if (texts) this.read.set("texts/1", Promise.resolve(texts));
  }

  /** The cards of these objects; those that cannot be had are left out. */
  async cards(numbers: number[]): Promise<Card[]> {
    const pages = await this.pages("cards", numbers);
    return numbers.flatMap((number) => {
      const entry = asObject(asList(pages.get(Math.floor(number / this.page)))[number % this.page]);
      return typeof entry.id === "string" ? [card(entry, entry.id)] : [];
    });
  }

  /** Whether there is an object of this id; null where only asking for it can tell. */
  async has(id: string): Promise<boolean | null> {
    const first = asList(await this.file("cards/1"));
    return first.some((value) => asObject(value).id === id) || (this.size > this.page ? null : false);
  }

  /** The objects that hold every word of the query and have every one of the values. */
  async find(query: string, values: Value[]): Promise<Found> {
    const terms = folded(query).split(/\s+/).filter(Boolean);
    let numbers: number[] | null = null;
    for (const value of values) numbers = both(numbers, await value.having());
    if (!terms.length) return { numbers, sure: true };
    if (!this.shards) return { numbers: await this.reading(terms, numbers), sure: true };
    const asked = terms.flatMap(grams);
    const lists = await Promise.all(asked.map((gram) => this.holding(gram)));
    for (const list of lists.sort((a, b) => a.length - b.length)) numbers = both(numbers, list);
    // A single gram is sure; of a longer word the grams may stand in different places.
    if (!numbers || asked.length === terms.length) return { numbers, sure: true };
    const pages = new Set(numbers.map((number) => Math.floor(number / this.page)));
    if (pages.size > MOST_READ) return { numbers, sure: false };
    return { numbers: await this.reading(terms, numbers), sure: true };
  }

  private async reading(terms: string[], among: number[] | null): Promise<number[]> {
    const numbers = among ?? Array.from({ length: this.size }, (_, at) => at);
    const pages = await this.pages("texts", numbers);
    return numbers.filter((number) => {
      const text = String(asList(pages.get(Math.floor(number / this.page)))[number % this.page] ?? "");
      return terms.every((term) => text.includes(term));
    });
  }

  private async holding(gram: string): Promise<number[]> {
    const shard = [...gram].reduce((value, sign) => value * 31 + sign.codePointAt(0)!, 0) % this.shards;
    return unstepped(asObject(await this.file(`words/${shard}`))[gram]);
  }

  private async pages(kind: "cards" | "texts", numbers: number[]): Promise<Map<number, unknown>> {
    const wanted = [...new Set(numbers.map((number) => Math.floor(number / this.page)))];
    const found = await Promise.all(wanted.map((at) => this.file(`${kind}/${at + 1}`)));
    return new Map(wanted.map((at, index) => [at, found[index]]));
  }

  private file(path: string): Promise<unknown> {
    let found = this.read.get(path);
    if (!found) this.read.set(path, (found = json(place(path)).catch(() => (this.read.delete(path), null))));
    return found;
  }

  private facet(entry: Json): Facet {
    const values = asList(entry.values).map(asObject);
    return {
      name: String(entry.name ?? ""),
      label: words(entry.label),
      values: values.map(({ value, count, file, objects }) => ({
        value: typeof value === "string" ? value : words(value),
        count: asCount(count),
        having: async () => unstepped(objects ?? (await this.file(`facets/${Number(file)}`))),
      })),
    };
  }
}

function card(entry: Json, id: string): Card {
  const [width, height] = asList(entry.thumbnail).map(Number);
  const address = new URL(`objects/${encodeURIComponent(id)}/thumbnail.jpg`, root).href;
  return {
    id,
    label: words(entry.label),
    kind: words(entry.kind),
    pages: asCount(entry.pages),
    models: asCount(entry.models),
    ...(width && height && { thumbnail: { address, width, height } }),
  };
}

/**
 * What the index is asked for to find a word: its pairs of signs where one is not ASCII, its triples of ASCII. Two
 * letters find the words that they begin; one letter stands everywhere and asks nothing.
 */
function grams(term: string): string[] {
  const signs = [...term];
  const ascii = (text: string) => /^[\x00-\x7f]*$/.test(text);
  if (signs.length < 3 && (signs.length === 2 || !ascii(term))) return [term];
  const pairs = signs.slice(1).map((sign, at) => signs[at]! + sign);
  const triples = signs.slice(2).map((sign, at) => signs[at]! + signs[at + 1]! + sign);
  return [...pairs.filter((pair) => !ascii(pair)), ...triples.filter(ascii)];
}

/** The index; where it cannot be read, one of what the collection itself says. Throws where that is not there either. */
export async function index(): Promise<Index> {
  try {
    return new Index(asObject(await json(new URL("search.json", root).href)));
  } catch {
    const { label, summary, items } = await collection();
    const cards = items.map(({ id, label, thumbnail }) => ({ id, label, ...(thumbnail && { thumbnail: [thumbnail.width, thumbnail.height] }) }));
    const texts = items.map(({ id, label }) => folded([id, ...Object.values(label).flat()].join("\n")));
    return new Index({ label, summary, objects: items.length, page: Math.max(items.length, 1), cards }, texts);
  }
}
