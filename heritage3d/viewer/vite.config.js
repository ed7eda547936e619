import { existsSync, readFileSync } from "node:fs";
import { build, defineConfig } from "vite";
import { transcoder } from "./transcoder.js";

const bundled = [
  ["three", "LICENSE"],
  ["openseadragon", "LICENSE.txt"],
  ["meshoptimizer", "LICENSE.md"],
];

/** The licences of everything in the bundle travel with it, as they ask. */
function licences() {
  const read = (path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url), "utf8");
  return {
    name: "licences",
    generateBundle() {
      const parts = bundled.map(([name, file]) => {
        const { version } = JSON.parse(read(`${name}/package.json`));
        return `${name} ${version}\n\n${read(`${name}/${file}`)}`;
      });
      // three carries the Draco decoder; its licence text is that of the other Apache-2.0 package here.
      parts.push(
        `Draco geometry decoder, (c) The Draco Authors, Apache-2.0
Basis Universal transcoder, (c) Binomial LLC, Apache-2.0; changed: it makes no code from strings
\n${read("gltf-validator/LICENSE")}`,
      );
      this.emitFile({ type: "asset", fileName: "assets/licences.txt", source: parts.join(`\n${"-".repeat(80)}\n\n`) });
    },
  };
}

/** What all pages say in their head: the policy above all. */
function oneHead() {
  const head = readFileSync(new URL("head.html", import.meta.url), "utf8").trim();
  return {
    name: "one-head",
    transformIndexHtml: { order: "pre", handler: (page) => page.replace("<!--head-->", () => head) },
  };
}

/** Of the Draco decoders that three carries, the small one for glTF is enough: every site is a megabyte smaller. */
function oneDraco() {
  const generic = /new URL\( '\.\.\/libs\/draco\/draco_(decoder\.wasm|wasm_wrapper\.js)'/g;
  const withoutWebAssembly = "new URL( '../libs/draco/draco_decoder.js', import.meta.url ).toString()";
  return {
    name: "one-draco",
    transform(code, id) {
      if (!id.endsWith("/loaders/DRACOLoader.js")) return null;
      const found = code.match(generic)?.length;
      if (found !== 2 || !code.includes(withoutWebAssembly)) this.error("three has moved its Draco decoders");
      return code.replace(generic, "new URL( '../libs/draco/gltf/draco_$1'").replace(withoutWebAssembly, "null");
    },
  };
}

/** Each page once more as one classic script: a page on a disk may load no module (src/offline/data.ts). */
const classic = [
  { page: "index", parts: ["./src/offline/data.ts", "./src/offline/tiles.ts", "./src/main.ts"] },
  { page: "vr", parts: ["./src/offline/data.ts", "./src/vr/main.ts"] },
].filter(({ parts }) => parts.every((part) => existsSync(new URL(part, import.meta.url))));

function offline() {
  let outDir = "dist";
  return {
    name: "offline",
    configResolved: (config) => void (outDir = config.build.outDir),
    closeBundle: async () => {
      for (const { page, parts } of classic) await build(classicConfig(page, parts, outDir));
    },
  };
}

function classicConfig(page, parts, outDir) {
  const entry = {
    name: "entry",
    resolveId: (id) => (id.endsWith("offline-entry.js") ? "\0offline-entry.js" : null),
    load: (id) => (id === "\0offline-entry.js" ? parts.map((part) => `import ${JSON.stringify(new URL(part, import.meta.url).pathname)};`).join("\n") : null),
  };
  return defineConfig({
    configFile: false,
    logLevel: "error",
    plugins: [oneDraco(), transcoder(), entry],
    // A classic script has no import.meta.url; what it was for lies in the bundle as data: addresses.
    define: { "import.meta.url": "document.baseURI" },
    build: {
      outDir: `${outDir}/offline`,
      emptyOutDir: page === classic[0].page,
      target: "es2022",
      assetsInlineLimit: 1e8,
      cssCodeSplit: false,
      sourcemap: false,
      modulePreload: false,
      chunkSizeWarningLimit: 4000,
      copyPublicDir: false,
      rollupOptions: {
        input: "offline-entry.js",
        output: { format: "iife", codeSplitting: false, entryFileNames: `${page}.js`, assetFileNames: `${page}[extname]` },
      },
    },
  });
}

export default defineConfig({
  base: "./", // the site is opened at any address
  plugins: [oneHead(), oneDraco(), transcoder(), licences(), offline()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // data: addresses would need a weaker content security policy
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rollupOptions: { input: ["index.html", "vr.html"] }, // the reading room and the VR room
  },
});
