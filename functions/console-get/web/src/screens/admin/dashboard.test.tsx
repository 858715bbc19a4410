import { QueryClientProvider } from "@tanstack/preact-query"
import { act, cleanup, render } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { queryClient } from "../../api/query"
import { t } from "../../i18n"
import { adminText } from "../../i18n/admin"
import { minute } from "../../ui/time"
import { Dashboard, period } from "./dashboard"

const zone = process.env.TZ
beforeEach(async () => {
  process.env.TZ = "Europe/Berlin"
  await Promise.all([t.load(), adminText.load()])
})
afterEach(() => {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
  cleanup()
  queryClient.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test("a period has as many days of the calendar, also if one of them has 23 or 25 hours", () => {
  expect(period(7, new Date("2026-03-30T00:30:00+02:00"))).toEqual({ from: "2026-03-24", to: "2026-03-30" })
  expect(period(7, new Date("2026-10-26T23:30:00+01:00"))).toEqual({ from: "2026-10-20", to: "2026-10-26" })
})

test("a dashboard that stays open shows the days up to today", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-05-04T23:59:50+02:00") })
  const asked: string[] = []
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(new URL(url, "http://x").searchParams.get("to")!)
    return new Response(JSON.stringify({ code: "internal" }), { status: 403 })
  })
  await act(() => void render(<QueryClientProvider client={queryClient}><Dashboard /></QueryClientProvider>))
  vi.setSystemTime(new Date("2026-05-05T00:00:10+02:00"))
  await act(() => void minute.value++)
  await vi.waitFor(() => expect(asked).toEqual(["2026-05-04", "2026-05-05"]))
})
