// Compares the sizes of the built files with the budgets: gzipped kB (1,000 bytes) of a first load.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { record } from "./quality.mjs"

const dist = join(import.meta.dirname, "..", "dist")
const files = readdirSync(join(dist, "assets"))
const text = (name) => readFileSync(join(dist, "assets", name), "utf8")
const kB = (names) => [...names].reduce((total, name) => total + gzipSync(text(name), { level: 9 }).length / 1000, 0)

/** The names in a script that follow a pattern, such as those of its static imports. */
const named = (name, pattern) => [...text(name).matchAll(pattern)].map((match) => match[1])

/** Some scripts and everything that they import at once. */
function load(names, into = new Set()) {
  for (const name of names) {
    if (into.has(name)) continue
    into.add(name)
    load(named(name, /(?:from|import)\s*["`]\.\/([^"`]+\.js)["`]/g), into)
  }
  return into
}

const start = /src="\/app\/assets\/(index-[^"]+\.js)"/.exec(readFileSync(join(dist, "index.html"), "utf8"))[1]
const lazy = new Set([...load([start])].flatMap((name) => named(name, /import\(["`]\.\/([^"`]+\.js)["`]\)/g)))
/** The script of a screen or a catalogue, which is loaded when it is needed. */
const chunk = (name) => [...lazy].find((file) => new RegExp(`^${name}-[\\w-]{8}\\.js$`).test(file))

// Built like their releases and counted alike (the page's script, its static imports, the queue and a conversation):
// Libredesk 948ffd8c of 2026-08-08, Frappe Helpdesk 6018181a3 of 2026-07-23.
const peers = "; Libredesk 626 kB, Frappe Helpdesk 915 kB"

const first = (...chunks) => load([start, chunk("en"), ...chunks.map(chunk)])
const results = [
  ["JS of a customer's first load", kB(first()), 70],
  ["JS of an agent's first load", kB(first("inbox", "inbox.en")), 120, peers],
  ["JS of the administration", kB(first("inbox", "inbox.en", "admin", "admin.en")) - kB(first("inbox", "inbox.en")), 45],
  ["CSS", kB(files.filter((name) => name.endsWith(".css"))), 15],
  ["one catalogue", kB([chunk("fa")]), 8],
]
let failed = false
for (const [name, size, limit, others = ""] of results) {
  failed ||= !(size <= limit)
  record("console", name, `${size.toFixed(1)} kB`, `at most ${limit} kB${others}`, size <= limit)
}
process.exit(failed ? 1 : 0)
