/** Text on canvases: wrapped by the rules of both scripts, set in the visitor's language. */

import { language } from "../texts";

const HAN_SERIF = { "zh-Hans": '"Noto Serif SC", "Source Han Serif SC", "Songti SC", SimSun', "zh-Hant": '"Noto Serif TC", "Source Han Serif TC", "Songti TC", PMingLiU, "Noto Serif SC"', en: '"Noto Serif SC", "Songti SC"' };
const HAN_SANS = { "zh-Hans": '"Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"', "zh-Hant": '"Noto Sans TC", "PingFang TC", "Microsoft JhengHei"', en: '"Noto Sans SC", "PingFang SC"' };

export const serif = (): string => `Georgia, "Noto Serif", ${HAN_SERIF[language]}, serif`;
export const sans = (): string => `"Helvetica Neue", "Segoe UI", Roboto, "Noto Sans", ${HAN_SANS[language]}, sans-serif`;

const HAN = /[\u2e80-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef]/;
const NEVER_FIRST = /[，。；：！？、）》」』〉】·…—,.;:!?)\]}%]/;

/** What may not be parted: a Chinese sign with the punctuation behind it, or a word. */
function pieces(text: string): string[] {
  const found: string[] = [];
  for (const sign of text) {
    const last = found.at(-1);
    if (last !== undefined && (NEVER_FIRST.test(sign) || sign === " ")) found[found.length - 1] = last + sign;
    else if (HAN.test(sign) || last === undefined || HAN.test(last.at(-1)!) || last.endsWith(" ")) found.push(sign);
    else found[found.length - 1] = last + sign;
  }
  return found;
}

/** The lines of a text in the font that the context has now. */
export function wrapped(context: CanvasRenderingContext2D, text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (let piece of pieces(paragraph)) {
      if (line && context.measureText((line + piece).trimEnd()).width > width) {
        // A Chinese line breaks rather where its writer left a space, if that costs little of it.
        const [before, after] = HAN.test(piece) ? parted(line) : [line, ""];
        const near = after && context.measureText(after).width < width * 0.45;
        lines.push((near ? before : line).trimEnd());
        line = near ? after : "";
      }
      // A word longer than a line, an address for example, is cut where it must be.
      while (context.measureText(piece.trimEnd()).width > width && piece.length > 1) {
        let length = piece.length;
        while (length > 1 && context.measureText(piece.slice(0, length)).width > width) length -= 1;
        lines.push(piece.slice(0, length));
        piece = piece.slice(length);
      }
      line += piece;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

/** What stands before and behind the last space of a line. */
function parted(line: string): [string, string] {
  const at = line.trimEnd().lastIndexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

export interface Setting {
  font: string;
  colour: string;
  leading: number; // pixels from line to line
  after?: number; // pixels below the last line
  most?: number; // lines
}

/** Set a text from the top left corner; gives the height where the next one begins. What does not fit ends with "…". */
export function set(context: CanvasRenderingContext2D, text: string, x: number, y: number, width: number, bottom: number, as: Setting): number {
  if (!text) return y;
  context.font = as.font;
  context.fillStyle = as.colour;
  context.textBaseline = "alphabetic";
  let lines = wrapped(context, text, width);
  const room = Math.max(0, Math.min(as.most ?? Infinity, Math.floor((bottom - y) / as.leading)));
  if (lines.length > room) {
    lines = lines.slice(0, room);
    const last = lines.length - 1;
    if (last >= 0) lines[last] = `${lines[last]!.replace(/[\s，。；、,.;:]*.?$/u, "")}…`;
  }
  for (const line of lines) {
    context.fillText(line, x, y + as.leading * 0.78);
    y += as.leading;
  }
  return y + (lines.length ? (as.after ?? 0) : 0);
}
