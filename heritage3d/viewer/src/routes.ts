/** What the address behind the # says: the gallery, an object, two things beside each other. */

/** One thing that is looked at: an object, and a page or model of it. */
export interface Side {
  object: string;
  slug: string;
}

export type Route = { object: string; slug: string } | { sides: [Side, Side] } | null;

export const routeOf = (id: string, slug = ""): string =>
  ["#/object", encodeURIComponent(id), ...slug.split("/").filter(Boolean).map(encodeURIComponent)].join("/");

export const besideRoute = (sides: Side[]): string =>
  ["#/beside", ...sides.map(({ object, slug }) => encodeURIComponent([object, slug].join("/")))].join("/");

/** What is asked for; null for the gallery and for what means nothing. */
export function route(): Route {
  const [, first, ...parts] = location.hash.split("/");
  try {
    const [one = "", two = "", ...rest] = parts.map(decodeURIComponent);
    if (first === "beside" && one && two) return { sides: [side(one), side(two)] };
    return first === "object" && one ? { object: one, slug: [two, ...rest].filter(Boolean).join("/") } : null;
  } catch {
    return null;
  }
}

function side(text: string): Side {
  const [object = "", ...slug] = text.split("/");
  return { object, slug: slug.join("/") };
}
