import { QueryClientProvider } from "@tanstack/preact-query"
import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact"
import { afterEach, expect, test, vi } from "vitest"
import { queryClient } from "../../api/query"
import { t } from "../../i18n"
import { adminText } from "../../i18n/admin"
import { CategoriesScreen } from "./categories"

const refunds = { id: "c", name: "Refunds", names: { en: "Refunds", fa: "بازگشت وجه" }, descriptions: { en: "Money" }, active: true, order: 0 }

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

test("a change of a category sends what was changed only", async () => {
  await Promise.all([t.load(), adminText.load()])
  const requests: unknown[] = []
  vi.stubGlobal("fetch", async (url: string, { method, body }: { method: string; body?: string }) => {
    if (method === "GET") return new Response(JSON.stringify({ data: [refunds], page: { hasMore: false } }))
    requests.push([`${method} ${url}`, JSON.parse(body!)])
    return new Response(JSON.stringify(refunds))
  })
  render(<QueryClientProvider client={queryClient}><CategoriesScreen /></QueryClientProvider>)
  await vi.waitFor(() => screen.getByText("Refunds").click())
  await act(() => void fireEvent.input(screen.getAllByLabelText("Name")[0]!, { target: { value: "Returns" } }))
  await act(() => screen.getByRole("button", { name: "Save" }).click())
  await vi.waitFor(() => expect(requests).toEqual([["PATCH /categories/c", { names: { en: "Returns" }, descriptions: {} }]]))
})
