import { call } from "../api/client"
import { putTickets } from "./tickets"

interface Context {
  pageParam: string
  signal: AbortSignal
}

/** The pages of a list of tickets on the server, for the cache of queries: their ids, when they were asked for, and the last ticket as it was, where the next page goes on. */
export const ticketPages = (name: string, query: Record<string, string>) => ({
  queryKey: ["tickets", name],
  initialPageParam: "",
  queryFn: async ({ pageParam, signal }: Context) => {
    const askedAt = Date.now()
    const { data, page } = await call("get", "/tickets", { query: { ...query, ...(pageParam ? { cursor: pageParam } : {}) } as never, signal })
    putTickets(data)
    return { ids: data.map((ticket) => ticket.id), last: data.at(-1), next: page.next, askedAt }
  },
  getNextPageParam: ({ next }: { next?: string | null | undefined }) => next ?? undefined,
})
