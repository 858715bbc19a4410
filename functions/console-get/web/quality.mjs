import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Prints a measured value, and keeps it for docs/quality.md if `make quality` runs (localstack/testkit/report). */
export function record(name, value, target, pass, note = "") {
  console.log(`${pass ? "  " : "! "}${name}: ${value}, target ${target}`)
  if (!process.env.QUALITY_DIR) return
  const folder = join(process.env.QUALITY_DIR, "console")
  mkdirSync(folder, { recursive: true })
  const result = { Check: "console", Name: name, Value: value, Target: target, Pass: pass, Note: note, Commit: process.env.QUALITY_COMMIT ?? "", At: new Date(), Full: Boolean(process.env.QUALITY_FULL) }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(result, null, 2))
}
