/** The measured figures beside a model: models/evidence.json. */

import { json } from "./site";
import { length, percent, t } from "./texts";

export interface LevelEvidence {
  file: string;
  role: string;
  triangles?: number;
  bytes?: number;
  deviationMm?: number; // proven upper bound
  deviationShare?: number; // of the diagonal
}

export interface ModelEvidence {
  scaleKnown: boolean;
  extentMm?: [number, number, number];
  masterTriangles?: number;
  levels: LevelEvidence[];
}

type Json = Record<string, unknown>;
const asObject = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const positive = (value: unknown): number | undefined => (typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined);

const known = new Map<string, Promise<ModelEvidence | null>>();

/** The figures, or null where there are none that can be read. Each file is asked for once. */
export function modelEvidence(address: string): Promise<ModelEvidence | null> {
  let found = known.get(address);
  if (!found) known.set(address, (found = read(address)));
  return found;
}

async function read(address: string): Promise<ModelEvidence | null> {
  let document: Json;
  try {
    document = asObject(await json(address));
  } catch {
    return null;
  }
  const extent = Array.isArray(document.extent_mm) ? document.extent_mm.map(Number) : [];
  const scaleKnown = document.scale === "known";
  return {
    scaleKnown,
    ...(scaleKnown && extent.length === 3 && extent.every(Number.isFinite) && { extentMm: extent as [number, number, number] }),
    ...defined("masterTriangles", positive(asObject(document.master).triangles)),
    levels: (Array.isArray(document.files) ? document.files : []).map(asObject).map((file) => ({
      file: String(file.file ?? ""),
      role: String(file.role ?? ""),
      ...defined("triangles", positive(file.triangles)),
      ...defined("bytes", positive(file.bytes)),
      ...defined("deviationMm", positive(asObject(file.deviation_mm).upper)),
      ...defined("deviationShare", positive(asObject(file.deviation_relative).upper)),
    })),
  };
}

function defined<K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, number>);
}

/** The proven bound in words: in millimetres where the scale is known, else as a share of the diagonal; null where unmeasured. */
export function bound(figures: LevelEvidence | undefined): string | null {
  const [mm, share] = [figures?.deviationMm, figures?.deviationShare];
  if (mm === 0 || (mm === undefined && share === 0)) return t.exact;
  if (mm !== undefined) return `≤ ${length(upwards(mm))}`;
  return share === undefined ? null : `≤ ${percent(upwards(share))}`;
}

/** Two digits, rounded up: a bound that is rounded down is no bound. */
function upwards(value: number): number {
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / step - 1e-9) * step;
}
