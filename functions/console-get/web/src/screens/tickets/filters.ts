import type { Status } from "../../api/types"

export type Filter = "active" | "solved" | "all"
export const statuses: Record<Filter, readonly Status[]> = { active: ["new", "open", "pending", "on_hold"], solved: ["resolved", "closed"], all: [] }

const pageSize = 30

/** The parameters of GET /tickets for a customer's list, or for a search in it. Customers see tickets on hold as open. */
export const pageQuery = (filter: Filter, words = ""): Record<string, string> => ({
  limit: String(pageSize),
  ...(words ? { q: words } : { status: statuses[filter].filter((status) => status !== "on_hold").join() }),
})
