import { useQueryClient } from "@tanstack/preact-query"
import { useEffect } from "preact/hooks"
import { Link } from "wouter-preact"
import { call } from "../../api/client"
import type { components } from "../../api/schema"
import { adminText } from "../../i18n/admin"
import { named, t } from "../../i18n"
import { digits } from "../../i18n/format"
import { RelativeTime } from "../../ui/time"
import { Head } from "./head"
import { Pages, usePages } from "./pages"

type ActivityEntry = components["schemas"]["Activity"]
const refreshMs = 10_000

/** What happens on all tickets, newest first; it follows by itself. */
export function ActivityScreen() {
  const client = useQueryClient()
  const result = usePages<ActivityEntry>(["activity"], (cursor) => call("get", "/admin/activity", { query: { limit: 50, ...cursor } }))
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && void client.invalidateQueries({ queryKey: ["activity"] }), refreshMs)
    return () => clearInterval(timer)
  }, [client])
  return (
    <>
      <Head title={adminText().areas.activity} />
      <Pages result={result} empty={adminText().nothing}>
        {(entries) => (
          <ul class="admin-rows">
            {entries.map((entry) => (
              <li key={`${entry.ticketId}-${entry.seq}`}>
                <Link class="admin-row" href={`/inbox/all/${entry.ticketId}`}>
                  <span class="admin-row-main">
                    <span><bdi>{entry.author.name || named(t().role, entry.author.role)}</bdi> · {named(adminText().entryKinds, entry.kind)}</span>
                    <span dir="auto">{entry.title}</span>
                    {entry.body && <span class="meta admin-preview" dir="auto">{entry.body}</span>}
                  </span>
                  <bdi class="meta ltr">{digits(entry.number)}</bdi>
                  <span class="meta"><RelativeTime at={entry.createdAt} /></span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Pages>
    </>
  )
}
