/** Where things are: ids in IIIF documents are absolute, the site may lie anywhere. */

/** The folder of index.html. Nothing outside it is ever asked for. */
export const root = new URL(".", document.baseURI.split("#")[0]!).href;

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * How the ids of one document map to real places: what remains of its id and of its real address after
 * their common end is the old and the new base.
 */
export class Base {
  private readonly from: string;
  private readonly to: string;

  constructor(id: string, address: string) {
    const a = id.split("/");
    const b = address.split("/");
    while (a.length > 3 && b.length > 3 && decoded(a.at(-1)!) === decoded(b.at(-1)!)) {
      a.pop();
      b.pop();
    }
    this.from = `${a.join("/")}/`;
    this.to = `${b.join("/")}/`;
  }

  /** The real address of an id, or null where it lies outside this site. */
  local(id: unknown): string | null {
    if (typeof id !== "string" || !id.startsWith(this.from)) return null;
    try {
      const address = new URL(this.to + id.slice(this.from.length)).href;
      return address.startsWith(root) ? address : null;
    } catch {
      return null;
    }
  }
}

/** The path of an address below the site, decoded. */
export function pathOf(address: string): string {
  return address.slice(root.length).split("/").map(decoded).join("/");
}

/** The server has no such file, or does not give it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    address: string,
  ) {
    super(`${status} ${address}`);
  }
}

/** A JSON document of this site. Throws on a refusal, on a broken line and on what is not JSON. */
export async function json(address: string): Promise<unknown> {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Refused(answer.status, address);
  return answer.json();
}
