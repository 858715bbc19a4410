import { CircleAlert, Clock } from "lucide-preact"
import { useLocation } from "wouter-preact"
import { session, staff } from "../app/session"
import type { Entry } from "../api/types"
import { t } from "../i18n"
import { clock } from "../i18n/format"
import type { OutboxItem } from "../log/db"
import { retry, takeBack } from "../outbox/outbox"
import { addToDraft, draftKey, newTicketKey } from "../drafts/drafts"
import { startFollowUp, withoutFollowUp } from "../drafts/follow-up"
import { Avatar } from "../ui/avatar"
import { Time } from "../ui/time"
import { Attachments, StoredFiles } from "./attachments"
import { PersonText } from "./text"

interface MessageProps {
  entry: Entry
  /** Whether it begins a group and shows its author. */
  first: boolean
  /** Whether another person has read it. */
  read: boolean
}

export function Message({ entry, first, read }: MessageProps) {
  const own = entry.author.id === session.value?.user.id
  const name = entry.author.name || t().ticket.unknownAuthor
  return (
    <div class="message" data-own={own || undefined} data-note={entry.kind === "note" || undefined} data-first={first || undefined}>
      {!own && <span class="message-avatar">{first && <Avatar name={name} />}</span>}
      <div class="message-body">
        {first && (
          <p class="message-author">
            <bdi class={own ? "no-print" : undefined}>{own ? t().ticket.you : name}</bdi>
            {own && <bdi class="print-only">{name}</bdi>}
            {entry.kind === "note" && <span class="chip" data-tone="warn">{t().ticket.note}</span>}
          </p>
        )}
        <div class="bubble">
          {entry.body && <PersonText text={entry.body} />}
          {entry.attachments.length > 0 && <Attachments files={entry.attachments} />}
        </div>
        <p class="message-foot">
          <Time at={entry.createdAt} text={clock} />
          {own && <Mark read={read} />}
        </p>
      </div>
    </div>
  )
}

// The icons check and check-check, drawn here because each message has one and those of Lucide compute their attributes.
const ticks = { sent: "M20 6 9 17l-5-5", read: "M18 6 7 17l-5-5M22 10l-7.5 7.5L13 16" }

function Mark({ read }: { read: boolean }) {
  const state = read ? "read" : "sent"
  const label = t().ticket.marks[state]
  return <span class="mark no-print" data-read={read || undefined} role="img" aria-label={label} title={label}><svg class="tick" viewBox="0 0 24 24"><path d={ticks[state]} /></svg></span>
}

/** A message that the server has not confirmed, or has refused. */
export function WaitingMessage({ item }: { item: OutboxItem }) {
  const refused = item.state === "refused"
  const [, navigate] = useLocation()
  const closed = item.problem?.code === "ticket_closed" && !staff.value
  const followUp = async () => {
    const back = await takeBack(item.clientId)
    if (back) await startFollowUp(back.ticketId, back.body, back.files)
    navigate("/tickets/new")
  }
  const edit = async () => {
    const back = await takeBack(item.clientId)
    if (!back) return
    const { body: text, files } = back
    // What the server does not take as a follow-up is sent as a ticket of its own.
    const opening = back.opening && (back.problem?.errors?.some(({ pointer }) => pointer === "/followUpOf") ? withoutFollowUp(back.opening) : back.opening)
    if (opening) navigate("/tickets/new", { replace: true }) // before the address of the item shows nothing
    await addToDraft(opening ? newTicketKey : draftKey(back.ticketId, back.internal ? "note" : "reply"), { text, files, ...(opening ? { opening } : {}) })
  }
  return (
    <div class="message" data-own data-first data-note={item.internal || undefined} data-refused={refused || undefined}>
      <div class="message-body">
        <div class="bubble">
          {item.body && <PersonText text={item.body} />}
          <StoredFiles ids={item.files} />
        </div>
        {refused ? (
          <p class="message-foot message-problem" role="alert">
            <span class="message-cause"><CircleAlert size={14} />{item.problem?.detail || item.problem?.title || t().ticket.refused}</span>
            <button type="button" class="link" onClick={() => void edit()}>{t().ticket.editAgain}</button>
            {closed ? <button type="button" class="link" onClick={() => void followUp()}>{t().ticket.followUp}</button> : <button type="button" class="link" onClick={() => void retry(item.clientId)}>{t().ticket.sendAgain}</button>}
          </p>
        ) : (
          <p class="message-foot">
            <time dateTime={item.createdAt}>{clock(new Date(item.createdAt))}</time>
            <span class="mark" role="img" aria-label={t().ticket.marks.waiting} title={t().ticket.marks.waiting}><Clock size={14} /></span>
          </p>
        )}
      </div>
    </div>
  )
}
