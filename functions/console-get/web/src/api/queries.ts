import { useQuery } from "@tanstack/preact-query"
import { language } from "../i18n"
import { call } from "./client"
import { allPages } from "./pages"
import type { Category } from "./types"

const storageKey = () => `categories-${language.value}`

/** The categories in the language of the interface; those of the last visit without a network. */
export function useCategories(): Category[] {
  const { data } = useQuery({
    queryKey: ["categories", language.value],
    staleTime: 10 * 60_000,
    queryFn: async () => {
      const categories = await allPages((cursor) => call("get", "/categories", { query: { limit: 100, ...cursor } }))
      localStorage.setItem(storageKey(), JSON.stringify(categories))
      return categories
    },
    placeholderData: () => JSON.parse(localStorage.getItem(storageKey()) ?? "[]") as Category[],
  })
  return data ?? []
}
