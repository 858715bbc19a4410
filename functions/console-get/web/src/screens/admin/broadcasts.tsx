import { type InfiniteData, useQueryClient } from "@tanstack/preact-query"
import { useEffect, useState } from "preact/hooks"
import { Megaphone } from "lucide-preact"
import { call } from "../../api/client"
import type { components } from "../../api/schema"
import type { Broadcast, Role } from "../../api/types"
import { ulid } from "../../api/ulid"
import { adminText } from "../../i18n/admin"
import { t } from "../../i18n"
import { number } from "../../i18n/format"
import { Button, Field, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { RelativeTime } from "../../ui/time"
import { toastError } from "../../ui/toast"
import { useForm } from "../account/use-form"
import { Head } from "./head"
import { onFrame } from "../../socket/realtime"
import { type Page, Pages, usePages } from "./pages"
import { smsParts } from "./sms-parts"

const channels = ["app", "email", "sms", "push"] as const
/** Frames report the own broadcasts; those of other administrators, and lost frames, are asked for. */
const pollMs = 10_000

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
          onClose={() => {
            write(false)
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
  const cancel = () => void call("post", "/broadcasts/{id}/cancel", { path: { id: broadcast.id } }).then(onChange, toastError)
  return (
    <article class="admin-row broadcast">
      <div class="admin-row-main">
        <strong dir="auto">{broadcast.title}</strong>
        <p dir="auto">{broadcast.body}</p>
        <p class="meta">
          <RelativeTime at={broadcast.createdAt} /> · {text.recipients(broadcast.counts.total)}
          {broadcast.channels.map((channel) => channel !== "app" && <span key={channel}> · {text.channels[channel]}: {text.delivered(broadcast.counts[channel].sent, broadcast.counts[channel].failed, broadcast.counts[channel].skipped)}</span>)}
        </p>
        {active && <progress aria-label={text.broadcastStates[broadcast.state]} {...progressOf(broadcast)} />}
      </div>
      <span class="chip" data-tone={broadcast.state === "done" ? "ok" : active ? "info" : undefined}>{text.broadcastStates[broadcast.state]}</span>
      {active && <Button onClick={cancel}>{t().actions.cancel}</Button>}
    </article>
  )
}

/** How much of the deliveries has ended; indeterminate while none is known. */
function progressOf({ counts }: Broadcast): { value?: number; max?: number } {
  const all = [counts.email, counts.sms, counts.push]
  const done = all.reduce((sum, one) => sum + one.sent + one.failed + one.skipped, 0)
  const max = done + all.reduce((sum, one) => sum + one.queued, 0)
  return max ? { value: done, max } : {}
}

function NewBroadcast({ onClose }: { onClose: () => void }) {
  const [title, setTitle] = useState("")
  const [body, setBody] = useState("")
  const [roles, setRoles] = useState<Role[]>(["user"])
  const [chosen, setChosen] = useState<(typeof channels)[number][]>(["app"])
  const [total, setTotal] = useState<string | null>(null)
  const [key] = useState(ulid) // one broadcast, also if it is sent twice
  const form = useForm()
  const text = adminText()
  const toggle = <T,>(list: T[], value: T): T[] => (list.includes(value) ? list.filter((other) => other !== value) : [...list, value])
  const broadcast = { title, body, audience: { roles }, channels: chosen }
  const review = () =>
    form.run(async () => {
      const count = (await call("post", "/broadcasts", { body: { ...broadcast, dryRun: true } })) as components["schemas"]["RecipientCount"]
      setTotal(count.complete ? number(count.total) : `${number(count.total)}+`)
    })
  const send = () =>
    form.run(async () => {
      await call("post", "/broadcasts", { body: broadcast, idempotencyKey: key })
      onClose()
    })
  const ready = title.trim() && body.trim() && roles.length && chosen.length
  return (
    <Dialog title={text.newBroadcast} onClose={onClose} actions={<><Button onClick={onClose}>{t().actions.cancel}</Button>{total === null ? <Button kind="primary" disabled={!ready} busy={form.busy} onClick={() => void review()}>{text.review}</Button> : <Button kind="danger" busy={form.busy} onClick={() => void send()}>{text.sendNow}</Button>}</>}>
      <FormProblem error={form.error} except={["title", "body"]} />
      <TextField label={text.broadcastTitle} value={title} onText={setTitle} maxLength={100} problem={form.problem("title")} autoFocus />
      <Field label={text.broadcastBody} problem={form.problem("body")} hint={chosen.includes("sms") ? text.smsLength(number(smsParts(`${title} ${body}`))) : undefined}>
        {(ids) => <textarea {...ids} class="input" dir="auto" placeholder=" " value={body} maxLength={1000} onInput={(event) => setBody(event.currentTarget.value)} />}
      </Field>
      <fieldset class="admin-language">
        <legend>{text.audience}</legend>
        {(["user", "support", "admin"] as const).map((role) => <label key={role} class="check"><input type="checkbox" checked={roles.includes(role)} onChange={() => (setTotal(null), setRoles(toggle(roles, role)))} />{t().role[role]}</label>)}
      </fieldset>
      <fieldset class="admin-language">
        <legend>{text.channelsLabel}</legend>
        {channels.map((channel) => <label key={channel} class="check"><input type="checkbox" checked={chosen.includes(channel)} onChange={() => setChosen(toggle(chosen, channel))} />{text.channels[channel]}</label>)}
      </fieldset>
      {total !== null && <p class="notice" data-tone="warn" role="alert">{text.sureText(total)}</p>}
    </Dialog>
  )
}
