/** The language of the reader: its words (src/words), the best tag of what others wrote, its figures. */

import { en, type Texts } from "./words/en";
import { zhHans } from "./words/zh-Hans";
import { zhHant } from "./words/zh-Hant";

export const languages = { "zh-Hans": "简体", "zh-Hant": "繁體", en: "English" } as const;
export type Language = keyof typeof languages;

const tables: Record<Language, Texts> = { en, "zh-Hans": zhHans, "zh-Hant": zhHant };

// The tags in which a text is taken, best first, when the reader's own language is absent.
const fallbacks: Record<Language, string[]> = {
  en: ["en", "en-GB", "en-US", "none"],
  "zh-Hans": ["zh-Hans", "zh-CN", "zh-SG", "zh", "cmn", "zh-Hant", "zh-TW", "none"],
  "zh-Hant": ["zh-Hant", "zh-TW", "zh-HK", "zh", "cmn", "zh-Hans", "zh-CN", "none"],
};

function remembered(): string | null {
  try {
    return localStorage.getItem("heritage3d.language");
  } catch {
    return null; // storage is forbidden in some embedded pages
  }
}

function first(): Language {
  const asked = remembered();
  if (asked && asked in languages) return asked as Language;
  for (const tag of navigator.languages) {
    if (/^zh\b.*(hant|tw|hk|mo)/i.test(tag)) return "zh-Hant";
    if (/^zh\b/i.test(tag)) return "zh-Hans";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

export let language: Language = first();
export let t: Texts = tables[language];

export function speak(chosen: Language): void {
  language = chosen;
  t = tables[chosen];
  document.documentElement.lang = chosen;
  try {
    localStorage.setItem("heritage3d.language", chosen);
  } catch {
    // the choice then lasts as long as the page
  }
}

/** The language tag whose text suits the reader best. */
export function bestTag(tags: string[]): string | undefined {
  return fallbacks[language].find((tag) => tags.includes(tag)) ?? tags.find((tag) => tag === "en") ?? tags[0];
}

export const number = (value: number, digits = 0): string =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

/** Bytes as people write them: 1.3 MB. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  let rest = value;
  while (rest >= 1000 && step < units.length - 1) {
    rest /= 1000;
    step += 1;
  }
  return `${number(rest, rest < 10 && step > 0 ? 1 : 0)} ${units[step]}`;
}

/** A share in per cent; two significant digits. */
export const percent = (share: number): string =>
  new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 2 }).format(share);

/** Sides of one thing in one unit, as labels have them: 79.2 × 60.8 × 8.97 mm. */
export function sides(mm: number[]): string {
  const [factor, unit] = Math.max(...mm) < 1000 ? [1, "mm"] : [1000, "m"];
  const short = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  return `${mm.map((value) => short.format(value / (factor as number))).join(" × ")} ${unit}`;
}

/** A length in the unit that reads best; three significant digits. */
export function length(mm: number): string {
  const short = (value: number) => new Intl.NumberFormat(language, { maximumSignificantDigits: 3 }).format(value);
  if (mm >= 1000) return `${short(mm / 1000)} m`;
  if (mm >= 10) return `${short(mm / 10)} cm`;
  if (mm >= 0.01 || mm === 0) return `${short(mm)} mm`;
  return `${short(mm * 1000)} µm`;
}
