// Unpacks the Chromium of @sparticuz/chromium, and the libraries that it carries, into the folder named by TMPDIR.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { inflate } from "@sparticuz/chromium";

const packed = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..", "bin");
await Promise.all(readdirSync(packed).map((name) => inflate(join(packed, name))));
