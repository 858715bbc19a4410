import { expect, test } from "vitest"
import { allPages } from "./pages"

test("a list that is shown as a whole has the rows of all pages, also after an empty one", async () => {
  const pages: Record<string, { data: number[]; page: { hasMore: boolean; next: string | null } }> = {
    "": { data: [1, 2], page: { hasMore: true, next: "b" } },
    b: { data: [], page: { hasMore: true, next: "c" } },
    c: { data: [3], page: { hasMore: false, next: null } },
  }
  expect(await allPages(async ({ cursor = "" }) => pages[cursor]!)).toEqual([1, 2, 3])
})
