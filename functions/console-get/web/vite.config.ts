import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { createHash } from "node:crypto"
import { build, defineConfig, type Plugin } from "vite"

const dist = join(import.meta.dirname, "..", "dist")

// V8 compiles the functions of a file that begins with this while it loads, beside the main thread, which otherwise
// compiles each when it is first called: https://v8.dev/blog/explicit-compile-hints. Other browsers read a comment.
const compileHint = "//# allFunctionsCalledOnLoad\n"

// API Gateway compresses nothing, so each asset has a brotli and a gzip file beside it.
// The service worker is built after them, because it contains their names.
function finish(): Plugin {
  return {
    name: "console-finish",
    apply: "build",
    // The early script comes first and waits for nothing.
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle }) => {
        const { fileName } = Object.values(bundle!).find((file) => file.type === "chunk" && file.isEntry && file.name === "early")!
        const href = `/app/${fileName}`
        return html.replace(new RegExp(`\\n.*modulepreload.*${href}.*`), "").replace('<script type="module"', `<script type="module" async crossorigin src="${href}"></script>\n  $&`)
      },
    },
    generateBundle: {
      order: "post",
      handler: (_, bundle) => {
        for (const file of Object.values(bundle)) if (file.type === "chunk") file.code = compileHint + file.code
      },
    },
    async closeBundle() {
      const assets = readdirSync(join(dist, "assets"))
      await buildWorker(assets)
      for (const name of assets.filter((file) => /\.(js|css)$/.test(file))) {
        const text = readFileSync(join(dist, "assets", name))
        writeFileSync(join(dist, "assets", `${name}.gz`), gzipSync(text, { level: 9 }))
        writeFileSync(join(dist, "assets", `${name}.br`), brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }))
      }
      writeFileSync(join(dist, ".gitkeep"), "")
    },
  }
}

// pkg/api/console.go replaces "@settings@" by a hash of the page with its settings and policy.
async function buildWorker(assets: string[]): Promise<void> {
  const files = [...assets.map((name) => `/app/assets/${name}`), "/app/icon.svg", "/app/manifest.webmanifest"]
  const version = createHash("sha256").update(readFileSync(join(dist, "index.html"))).update(files.join()).digest("hex").slice(0, 12)
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    define: { __FILES__: JSON.stringify(files), __VERSION__: JSON.stringify(`${version}-@settings@`) },
    build: { outDir: dist, emptyOutDir: false, copyPublicDir: false, lib: { entry: join(import.meta.dirname, "src", "sw.ts"), formats: ["es"], fileName: () => "sw.js" } },
  })
}

export default defineConfig({
  base: "/app/",
  // Symlinks stay, because node_modules is a link into .cache.
  resolve: { alias: { react: "preact/compat", "react-dom": "preact/compat", "react/jsx-runtime": "preact/jsx-runtime" } },
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: join(import.meta.dirname, "index.html"), early: join(import.meta.dirname, "src", "early.ts") },
      output: {
        codeSplitting: {
          groups: [
            { name: "early", test: /src\/(early|api\/early|i18n\/preferred|screens\/inbox\/queues|screens\/tickets\/filters)\.ts|vite\/preload-helper/ },
            { name: "core", tags: ["$initial"] },
            { name: "shared", minShareCount: 2 },
          ],
        },
      },
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning), // "use client" of virtua
    },
  },
  plugins: [finish()],
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"], restoreMocks: true, server: { deps: { inline: ["virtua"] } } },
} as Parameters<typeof defineConfig>[0])
