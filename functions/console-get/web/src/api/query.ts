import { QueryClient } from "@tanstack/preact-query"
import { isTemporary } from "./problem"

/**
 * The cache of what the API has answered. Tickets and entries are not here but in src/log.
 * Frames keep the data fresh, so nothing is fetched again because a window gets the focus.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 60_000, refetchOnWindowFocus: false, networkMode: "always", retry: (failures, error) => isTemporary(error) && failures < 2 },
    mutations: { networkMode: "always" },
  },
})
