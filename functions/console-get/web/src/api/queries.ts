import { useQuery } from "@tanstack/preact-query"
import { language } from "../i18n"
import { call } from "./client"
import { maxPage } from "./limits"
import { allPages } from "./pages"
import type { Category } from "./types"

const storageKey = () => `categories-${language.value}`
const stored = () => JSON.parse(localStorage.getItem(storageKey()) ?? "[]") as Category[]

/** The categories in the language of the interface; those of the last visit until the server answers, or if it does not. */
export function useCategoryQuery(): { categories: Category[]; error: unknown; retry: () => void } {
  const { data, error, refetch } = useQuery({
    queryKey: ["categories", language.value],
    staleTime: 10 * 60_000,
    queryFn: async () => {
      const categories = await allPages((cursor) => call("get", "/categories", { query: { limit: maxPage, ...cursor } }))
      localStorage.setItem(storageKey(), JSON.stringify(categories))
      return categories
    },
    placeholderData: stored,
  })
  return { categories: data ?? stored(), error, retry: () => void refetch() }
}

/** Whether new tickets may have a category; administrators also get those that may not. */
export const isSelectable = ({ active }: Category): boolean => active !== false

export const useCategories = (): Category[] => useCategoryQuery().categories
