import { useQuery } from "@tanstack/preact-query"
import { language } from "../i18n"
import { call } from "./client"
import type { Category } from "./types"

const storageKey = () => `categories-${language.value}`

/** The categories in the language of the interface; those of the last visit without a network. */
export function useCategories(): Category[] {
  const { data } = useQuery({
    queryKey: ["categories", language.value],
    staleTime: 10 * 60_000,
    queryFn: async () => {
      const page = await call("get", "/categories", { query: { limit: 100 } })
      localStorage.setItem(storageKey(), JSON.stringify(page.data))
      return page.data
    },
    placeholderData: () => JSON.parse(localStorage.getItem(storageKey()) ?? "[]") as Category[],
  })
  return data ?? []
}
