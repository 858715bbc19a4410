import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { named } from "."
import { admin as adminEn } from "./admin.en"
import { admin as adminFa } from "./admin.fa"
import { common as en } from "./en"
import { common as fa } from "./fa"
import { inbox as inboxEn } from "./inbox.en"
import { inbox as inboxFa } from "./inbox.fa"
import { profile as profileEn } from "./profile.en"
import { profile as profileFa } from "./profile.fa"

const root = join(import.meta.dirname, "..", "..", "..", "..", "..")

/** Every text of a catalogue; texts with parameters are called. */
function* texts(node: unknown, path = "", value?: string): Generator<[string, string]> {
  if (typeof node === "string") yield [path, node]
  else if (typeof node === "function") yield [path, String((node as (...values: unknown[]) => string)(value ?? 3, value ?? "x"))]
  else for (const [key, child] of Object.entries(node as object)) yield* texts(child, `${path}.${key}`, value)
}

test("Persian texts have no Latin digits and no empty text", () => {
  for (const catalogue of [fa, inboxFa, adminFa, profileFa]) for (const [path, text] of texts(catalogue)) expect(text && !/^.*[0-9].*$/.test(text.replace(/3/g, "")), `${path}: ${text}`).toBe(true)
})

/** What these embed is written by the console itself: a time, a count, the name of a status. */
const own = [".lastUsed", ".since", ".slowest", ".smsLength", ".sureText", ".severalHere"]

test.each([
  ["English", [en, inboxEn, adminEn, profileEn]],
  ["Persian", [fa, inboxFa, adminFa, profileFa]],
])("%s sentences isolate what comes from outside: names, addresses, numbers, codes", (_, catalogues) => {
  let found = 0
  for (const catalogue of catalogues)
    for (const [path, text] of texts(catalogue, "", "Latin (1)")) {
      if (own.includes(path) || !text.includes("Latin (1)")) continue
      found++
      expect(text.replaceAll("\u2068Latin (1)\u2069", ""), path).not.toContain("Latin (1)")
    }
  expect(found).toBeGreaterThan(25)
})

test("both languages have the same texts", () => {
  expect([...texts(fa)].map(([path]) => path)).toEqual([...texts(en)].map(([path]) => path))
})

test("Persian events of one's own have the verb in the second person", () => {
  const plain = (text: string) => text.replace(/[\u2068\u2069]/g, "")
  expect(plain(fa.ticket.system.priority(fa.ticket.you, "زیاد"))).toBe("شما اولویت را «زیاد» کردید")
  expect(plain(fa.ticket.system.priority("رضا", "زیاد"))).toBe("رضا اولویت را «زیاد» کرد")
})

test("mails and SMS of the server name a status as the console does", () => {
  const server = (language: string) => JSON.parse(readFileSync(join(root, "pkg", "locale", "texts", `${language}.json`), "utf8")) as Record<string, string>
  for (const [language, { statusForCustomer }] of [["en", en], ["fa", fa]] as const) {
    const { on_hold, ...shown } = statusForCustomer
    expect(on_hold).toBe(shown.open) // customers are not told of it
    expect(Object.entries(server(language)).filter(([key]) => key.startsWith("status.")).sort()).toEqual(Object.entries(shown).map(([status, name]) => [`status.${status}`, name]).sort())
  }
})

test("Persian texts have one word for a file and one for an agent", () => {
  const former = /پرونده|کارشناس/
  for (const catalogue of [fa, inboxFa, adminFa, profileFa]) for (const [path, text] of texts(catalogue)) expect(text, path).not.toMatch(former)
  expect(readFileSync(join(root, "pkg", "locale", "texts", "fa.json"), "utf8")).not.toMatch(former)
})

test("each part that the health report names has a text; an unknown name is shown as it is", () => {
  const lists = readFileSync(join(root, "template.yaml"), "utf8").matchAll(/MONITORED_(?:QUEUES|DLQS): !Sub (\S+)/g)
  const queues = [...lists].flatMap(([, list]) => list!.split(",").map((pair) => pair.split("=")[0]!))
  const checks = readFileSync(join(root, "pkg", "app", "healthchecks", "healthchecks.go"), "utf8").matchAll(/(?:Ping|Stream)Check\("([^"]+)"/g)
  const names = [...queues, ...[...checks].map(([, name]) => name!)]
  expect(names.length).toBeGreaterThan(8)
  for (const catalogue of [adminEn, adminFa]) expect(Object.keys(catalogue.checks)).toEqual(expect.arrayContaining(names))
  expect(named(adminFa.checks, "table")).toBe("جدول")
  expect(["a-new-queue", "constructor"].map((name) => named(adminFa.checks, name))).toEqual(["a-new-queue", "constructor"])
})
