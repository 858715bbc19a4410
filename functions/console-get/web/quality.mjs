import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Prints a measured value, and keeps it for the quality report if `make quality` runs (localstack/testkit/report). */
export function record(check, name, value, target, pass, note = "") {
  console.log(`${pass ? "  " : "! "}${name}: ${value}, target ${target}`)
  if (!process.env.QUALITY_DIR) return
  const folder = join(process.env.QUALITY_DIR, check)
  mkdirSync(folder, { recursive: true })
  const result = { Check: check, Name: name, Value: value, Target: target, Pass: pass, Note: note, At: new Date() }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(result, null, 2))
}

/** Whether a long check may begin another look before its deadline, which `make quality` sets. */
export function timeLeft() {
  const wrapUp = 60_000 // ms in which the check ends and records what it has
  return !process.env.QUALITY_DEADLINE || Date.parse(process.env.QUALITY_DEADLINE) - Date.now() > wrapUp
}
