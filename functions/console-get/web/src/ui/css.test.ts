import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"

const source = join(import.meta.dirname, "..")
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".css"))

test("only logical properties, so that Persian mirrors by itself", () => {
  const physical = /(?:^|[\s;{])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)|left|right|(?:text-align|float|clear):\s*(?:left|right))\s*[:;]/
  expect(files.length).toBeGreaterThan(5)
  for (const name of files) {
    for (const line of readFileSync(join(source, name), "utf8").split("\n")) expect(physical.test(line), `${name}: ${line.trim()}`).toBe(false)
  }
})
