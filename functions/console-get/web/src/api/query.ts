import { type Query, QueryClient, type QueryKey } from "@tanstack/preact-query"
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

/** First fetches that another one follows. */
const followed = new Set<Query>()

/**
 * Fetches again what an event has changed. A fetch that runs is cancelled, but not the first one of a
 * query: its answer may be older than the event, so another fetch follows it.
 */
export function refresh(queryKey: QueryKey): void {
  for (const query of queryClient.getQueryCache().findAll({ queryKey, fetchStatus: "fetching" })) {
    if (query.state.data !== undefined || followed.has(query)) continue
    followed.add(query)
    const same = { queryKey: query.queryKey, exact: true }
    void queryClient
      .refetchQueries(same, { cancelRefetch: false }) // waits for the one that runs
      .then(() => {
        followed.delete(query)
        return queryClient.invalidateQueries(same)
      })
  }
  void queryClient.invalidateQueries({ queryKey })
}

/** Has what is cached fetched again when a screen next shows it. */
export const outdate = (queryKey: QueryKey): void => void queryClient.invalidateQueries({ queryKey, refetchType: "none" })
