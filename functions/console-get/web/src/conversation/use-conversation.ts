import { useQuery } from "@tanstack/preact-query"
import { useEffect, useMemo } from "preact/hooks"
import { call } from "../api/client"
import { session } from "../app/session"
import { openLog, takeEntries } from "../log/store"
import { putTickets } from "../log/tickets"
import { takeReaders, viewedTicket, watchTicket } from "../socket/realtime"

/** What is known of the first answer of the server for a ticket. */
export interface Loading {
  error: unknown
  loading: boolean
  retry: () => void
}

/** Shows a ticket: from the device at once, then from the server, then live. */
export function useConversation(id: string): Loading {
  const opened = useMemo(() => openLog(id), [id]) // the device reads while the screen is drawn
  const query = useQuery({
    queryKey: ["ticket", id],
    staleTime: 0,
    queryFn: async () => {
      await openLog(id)
      const detail = await call("get", "/tickets/{id}", { path: { id } })
      putTickets([detail.ticket])
      await takeEntries(id, detail.entries, { kind: "newest", lastSeq: detail.ticket.lastSeq, hasMore: detail.hasMore })
      takeReaders(id, detail.readers, session.peek()?.user.id ?? "")
      return detail.ticket.id
    },
  })
  useEffect(() => {
    let stop = () => {}
    let left = false
    viewedTicket.value = id
    void opened.then(() => {
      if (!left) stop = watchTicket(id)
    })
    return () => {
      left = true
      stop()
      if (viewedTicket.peek() === id) viewedTicket.value = null
    }
  }, [id, opened])
  return { error: query.error, loading: query.isPending, retry: () => void query.refetch() }
}
