import { expect, test } from "vitest"
import { smsParts } from "./sms-parts"

test.each([
  ["a".repeat(160), 1],
  ["a".repeat(161), 2],
  ["€".repeat(80), 1],
  ["€".repeat(81), 2],
  ["س".repeat(70), 1],
  ["س".repeat(71), 2],
  ["س".repeat(135), 3],
])("%#", (text, parts) => expect(smsParts(text)).toBe(parts))
