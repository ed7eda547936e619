import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

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
      parts.push(`Draco geometry decoder, (c) The Draco Authors, Apache-2.0\n\n${read("gltf-validator/LICENSE")}`);
      this.emitFile({ type: "asset", fileName: "assets/licences.txt", source: parts.join(`\n${"-".repeat(80)}\n\n`) });
    },
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

export default defineConfig({
  base: "./", // the site is opened at any address
  plugins: [oneDraco(), licences()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // data: addresses would need a weaker content security policy
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
});
