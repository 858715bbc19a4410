import { expect, test } from "vitest"
import { admin as adminFa } from "./admin.fa"
import { common as en } from "./en"
import { common as fa } from "./fa"
import { inbox as inboxFa } from "./inbox.fa"

/** Every text of a catalogue; texts with parameters are called. */
function* texts(node: unknown, path = ""): Generator<[string, string]> {
  if (typeof node === "string") yield [path, node]
  else if (typeof node === "function") yield [path, String((node as (...values: unknown[]) => string)(3, "x"))]
  else for (const [key, child] of Object.entries(node as object)) yield* texts(child, `${path}.${key}`)
}

test("Persian texts have no Latin digits and no empty text", () => {
  for (const catalogue of [fa, inboxFa, adminFa]) for (const [path, text] of texts(catalogue)) expect(text && !/^.*[0-9].*$/.test(text.replace(/3/g, "")), `${path}: ${text}`).toBe(true)
})

test("both languages have the same texts", () => {
  expect([...texts(fa)].map(([path]) => path)).toEqual([...texts(en)].map(([path]) => path))
})

test("Persian events of one's own have the verb in the second person", () => {
  expect(fa.ticket.system.priority(fa.ticket.you, "زیاد")).toBe("شما اولویت را «زیاد» کردید")
  expect(fa.ticket.system.priority("رضا", "زیاد")).toBe("رضا اولویت را «زیاد» کرد")
})
