import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Records a measured value for docs/quality.md, as localstack/testkit/report does. Without QUALITY_DIR it does nothing. */
export function record(check: string, name: string, value: string, target: string, pass: boolean): void {
  const { QUALITY_DIR, QUALITY_COMMIT = "", QUALITY_FULL } = process.env
  if (!QUALITY_DIR) return
  const folder = join(QUALITY_DIR, check)
  mkdirSync(folder, { recursive: true })
  const result = { Check: check, Name: name, Value: value, Target: target, Pass: pass, Note: "", Commit: QUALITY_COMMIT, At: new Date().toISOString(), Full: Boolean(QUALITY_FULL) }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(result))
}
