import { QueryClient, QueryClientProvider } from "@tanstack/preact-query"
import { cleanup, render, screen } from "@testing-library/preact"
import { expect, test, vi } from "vitest"
import { session } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { Personal } from "./personal"

const user = { id: "me", name: "Sara", role: "user", locale: "en", pictureUrl: "https://files.example/sara.jpg" }

test("the picture is removed; without one there is nothing to remove", async () => {
  await Promise.all([t.load(), profileText.load()])
  session.value = { user, ended: false } as unknown as typeof session.value
  const bodies: unknown[] = []
  vi.stubGlobal("fetch", async (_url: string, { method, body }: { method: string; body?: string }) => {
    if (method === "GET") return new Response('{"data":[]}')
    bodies.push(JSON.parse(body!))
    return new Response(JSON.stringify({ ...user, pictureUrl: null }))
  })
  render(<QueryClientProvider client={new QueryClient()}><Personal /></QueryClientProvider>)
  screen.getByRole("button", { name: "Remove the picture" }).click()
  await vi.waitFor(() => expect(screen.queryByRole("button", { name: "Remove the picture" })).toBeNull())
  expect(bodies).toEqual([{ pictureId: "" }])
  cleanup()
  vi.unstubAllGlobals()
})
