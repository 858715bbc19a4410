import { useQuery } from "@tanstack/preact-query"
import { Monitor, Smartphone } from "lucide-preact"
import { useState } from "preact/hooks"
import { call } from "../../api/client"
import { maxPage } from "../../api/limits"
import { allPages } from "../../api/pages"
import type { Session } from "../../api/types"
import { ago } from "../../i18n/format"
import { profileText } from "../../i18n/profile"
import { Button } from "../../ui/controls"
import { Confirm } from "../../ui/dialog"
import { Failure, SkeletonRows } from "../../ui/states"
import { toastError } from "../../ui/toast"

/** Where the user is signed in; each other place can be signed out. */
export function Sessions() {
  const query = useQuery({ queryKey: ["sessions"], queryFn: () => allPages<Session>((cursor) => call("get", "/sessions", { query: { limit: maxPage, ...cursor } })) })
  const [ending, setEnding] = useState<Session | null>(null)
  const end = async (session: Session) => {
    setEnding(null)
    await call("delete", "/sessions/{id}", { path: { id: session.id } }).catch(toastError)
    void query.refetch()
  }
  return (
    <section>
      <h2>{profileText().sessions}</h2>
      {query.isPending && <SkeletonRows count={2} />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      <ul class="sessions">
        {query.data?.map((session) => (
          <li key={session.id} class="profile-line">
            {/Mobile|Android|iPhone/.test(session.device) ? <Smartphone size={20} /> : <Monitor size={20} />}
            <div class="session-text">
              <bdi class="ltr" title={session.device}>{device(session.device)}</bdi>
              <span class="meta">{session.current ? profileText().thisDevice : profileText().lastUsed(ago(new Date(session.lastUsedAt)))}</span>
            </div>
            {!session.current && <Button kind="quiet" onClick={() => setEnding(session)}>{profileText().end}</Button>}
          </li>
        ))}
      </ul>
      {ending && <Confirm title={profileText().endTitle} text={device(ending.device)} confirm={profileText().end} kind="danger" onConfirm={() => void end(ending)} onClose={() => setEnding(null)} />}
    </section>
  )
}

/** "Chrome, Android" from a User-Agent; the whole text if it is of no browser. */
export function device(agent: string): string {
  const browser = (/Edg|OPR|Firefox|Chrome|Safari/.exec(agent) ?? [])[0]
  const system = (/iPhone|iPad|Android|Windows|Mac OS X|Linux/.exec(agent) ?? [])[0]
  const name = { Edg: "Edge", OPR: "Opera" }[browser ?? ""] ?? browser
  return name && system ? `${name}, ${system.replace(" OS X", "OS")}` : agent || "?"
}
