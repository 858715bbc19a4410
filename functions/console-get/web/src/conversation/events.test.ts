import { beforeEach, expect, test } from "vitest"
import { t } from "../i18n"
import { isolate } from "../i18n/format"
import { eventText } from "./events"

beforeEach(() => t.load())

test("each tag is isolated, so that one of another direction does not turn its neighbours around", () => {
  const entry = { kind: "tags", author: { id: "a", name: "Reza", role: "support" }, change: { field: "tags", to: "vip,برچسب" } } as never
  expect(eventText(entry, { me: "me", categories: [], assignee: null })).toBe(`${isolate("Reza")} set the tags: ${isolate(`${isolate("vip")} and ${isolate("برچسب")}`)}`)
})
