// Compares the sizes of the built files with the budgets: gzipped kB (1,000 bytes) of a first load.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const assets = join(import.meta.dirname, "..", "dist", "assets")
const files = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name))
const kB = (name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length / 1000
const sum = (test) => files.filter(test).reduce((total, name) => total + kB(name), 0)
const is = (...starts) => (name) => name.endsWith(".js") && starts.some((start) => name.startsWith(`${start}-`))

// What every visit loads, without the screens of a role and the other language.
const lazy = ["inbox", "admin", "tickets", "notifications", "profile", "sign-in", "sign-up", "reset", "fa", "inbox.en", "inbox.fa", "admin.en", "admin.fa"]
const shared = sum((name) => name.endsWith(".js") && !lazy.some((start) => name.startsWith(`${start}-`)) && !/^(inbox|admin)[.-]/.test(name))
const results = [
  ["JS of a customer's first load", shared + sum(is("tickets")), 70],
  ["JS of an agent's first load", shared + sum(is("inbox", "inbox.en")), 120],
  ["JS of the administration", sum(is("admin", "admin.en")), 45],
  ["CSS", sum((name) => name.endsWith(".css")), 15],
  ["one catalogue", sum(is("fa")), 8],
]
let failed = false
for (const [name, size, limit] of results) {
  failed ||= size > limit
  console.log(`${name}: ${size.toFixed(1)} kB of ${limit} kB${size > limit ? " TOO LARGE" : ""}`)
}
process.exit(failed ? 1 : 0)
