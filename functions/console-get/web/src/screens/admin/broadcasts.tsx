import { signal } from "@preact/signals"
import { type InfiniteData, useQueryClient } from "@tanstack/preact-query"
import { useEffect, useState } from "preact/hooks"
import { Megaphone } from "lucide-preact"
import { call } from "../../api/client"
import type { Page } from "../../api/pages"
import type { components } from "../../api/schema"
import type { Broadcast } from "../../api/types"
import { adminText } from "../../i18n/admin"
import { named } from "../../i18n"
import { Button } from "../../ui/controls"
import { RelativeTime } from "../../ui/time"
import { toastError } from "../../ui/toast"
import { Head } from "./head"
import { onFrame } from "../../socket/realtime"
import { emptyBroadcast, NewBroadcast } from "./new-broadcast"
import { Pages, usePages } from "./pages"

/** Frames report the own broadcasts; those of other administrators, and lost frames, are asked for. */
const pollMs = 10_000

/** What is being written outlasts the dialog and the screen. A sign-out loads a new page, which has none. */
const draft = signal(emptyBroadcast())

export function BroadcastsScreen() {
  const client = useQueryClient()
  const [writing, write] = useState(false)
  const result = usePages<Broadcast>(["broadcasts"], (cursor) => call("get", "/broadcasts", { query: { limit: 20, ...cursor } }))
  const running = result.items.some((one) => one.state === "queued" || one.state === "sending")
  const refresh = () => void client.invalidateQueries({ queryKey: ["broadcasts"] })
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: ["broadcasts"] }), pollMs)
    return () => clearInterval(timer)
  }, [running, client])
  useEffect(() => onFrame((frame) => frame.type === "broadcast" && client.setQueryData<InfiniteData<Page<Broadcast>>>(["broadcasts"], (held) => held && replaced(held, frame.broadcast))), [client])
  const text = adminText()
  return (
    <>
      <Head title={text.areas.broadcasts}><Button kind="primary" icon={<Megaphone size={18} />} onClick={() => write(true)}>{text.newBroadcast}</Button></Head>
      <Pages result={result} empty={text.noBroadcasts}>{(all) => <ul class="admin-rows">{all.map((one) => <li key={one.id}><Row broadcast={one} onChange={refresh} /></li>)}</ul>}</Pages>
      {writing && (
        <NewBroadcast
          draft={draft.value}
          onDraft={(changed) => (draft.value = changed)}
          onClose={() => write(false)}
          onSent={() => {
            write(false)
            draft.value = emptyBroadcast()
            refresh()
          }}
        />
      )}
    </>
  )
}

/** The pages with the newer state of a broadcast. A new one is fetched with its page. */
function replaced(held: InfiniteData<Page<Broadcast>>, broadcast: Broadcast): InfiniteData<Page<Broadcast>> {
  return { ...held, pages: held.pages.map((page) => ({ ...page, data: page.data.map((one) => (one.id === broadcast.id ? broadcast : one)) })) }
}

function Row({ broadcast, onChange }: { broadcast: Broadcast; onChange: () => void }) {
  const text = adminText()
  const active = broadcast.state === "queued" || broadcast.state === "sending"
  const counted = broadcast.state !== "queued" // before that, every number is 0
  const cancel = () => void call("post", "/broadcasts/{id}/cancel", { path: { id: broadcast.id } }).then(onChange, toastError)
  return (
    <article class="admin-row broadcast">
      <div class="admin-row-main">
        <strong dir="auto">{broadcast.title}</strong>
        <p dir="auto">{broadcast.body}</p>
        <p class="meta">
          <RelativeTime at={broadcast.createdAt} />{counted && <> · {text.recipients(broadcast.counts.total)}</>}
        </p>
        {counted && broadcast.channels.map((channel) => channel !== "app" && <Channel key={channel} name={named(text.channels, channel)} counts={broadcast.counts[channel]} active={active} />)}
      </div>
      <span class="chip" data-tone={broadcast.state === "done" ? "ok" : active ? "info" : undefined}>{named(text.broadcastStates, broadcast.state)}</span>
      {broadcast.cancellable && <Button onClick={cancel}>{text.stopSending}</Button>}
    </article>
  )
}

/** What one channel has delivered, with a bar while it goes on. */
function Channel({ name, counts, active }: { name: string; counts: components["schemas"]["DeliveryCounts"]; active: boolean }) {
  const ended = counts.sent + counts.failed + counts.skipped
  const all = ended + counts.queued
  return (
    <div class="meta broadcast-channel">
      <span>{name}: {adminText().delivered(counts.sent, counts.failed, counts.skipped)}</span>
      {active && <progress aria-label={name} {...(all ? { value: ended, max: all } : {})} />}
    </div>
  )
}
