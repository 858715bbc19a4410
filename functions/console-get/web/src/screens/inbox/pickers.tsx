import { useQuery } from "@tanstack/preact-query"
import { Plus, Search, UserRound, UserRoundX } from "lucide-preact"
import { useLocation } from "wouter-preact"
import { call } from "../../api/client"
import { maxTag, maxTags } from "../../api/limits"
import { ApiError } from "../../api/problem"
import { isSelectable, useCategories } from "../../api/queries"
import type { Status } from "../../api/types"
import { session } from "../../app/session"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { heldTickets, ticketSignal } from "../../log/tickets"
import { Avatar } from "../../ui/avatar"
import { tooLong } from "../../ui/controls"
import { PriorityMark } from "../../ui/status"
import { toastError } from "../../ui/toast"
import { assign, setCategory, setPriority, setStatus, setTags, take } from "./actions"
import { type Option, Picker } from "./picker"
import { pathOf, plain, priorities, statuses } from "./queues"

/** The choices that a key or a button opens for the ticket on the screen. */
export type Choice = "assign" | "status" | "priority" | "category" | "tags" | "palette"

interface Props {
  ticketId: string
  onClose: () => void
}

const useAgents = () => useQuery({ queryKey: ["agents"], queryFn: () => call("get", "/agents"), select: (answer) => answer.data })

export function AssignPicker({ ticketId, onClose }: Props) {
  const me = session.value!.user
  const current = ticketSignal(ticketId).value?.assignee?.id
  const agents = useAgents().data ?? []
  const options: Option[] = [
    { id: "me", label: inboxText().assignMe, icon: <UserRound size={18} />, checked: current === me.id, run: () => void take(ticketId) },
    { id: "none", label: inboxText().release, icon: <UserRoundX size={18} />, checked: current === undefined, run: () => void assign(ticketId, null) },
    ...agents.filter((agent) => agent.id !== me.id).map((agent) => ({
      id: agent.id, label: agent.name, icon: <Avatar name={agent.name} pictureUrl={agent.pictureUrl} size="small" />, checked: current === agent.id,
      detail: `${agent.online ? inboxText().online : inboxText().away} · ${inboxText().activeTickets(agent.openTickets)}`,
      run: () => void assign(ticketId, { id: agent.id, name: agent.name, pictureUrl: agent.pictureUrl }),
    })),
  ]
  return <Picker label={inboxText().assignTo} options={options} onClose={onClose} />
}

export function StatusPicker({ ticketId, onClose }: Props) {
  const current = ticketSignal(ticketId).value?.status
  const allowed: readonly Status[] = current === "closed" ? ["open", "closed"] : statuses.filter((status) => status !== "new")
  const options = allowed.map((status) => ({ id: status, label: t().status[status], checked: status === current, run: () => void setStatus(ticketId, status) }))
  return <Picker label={inboxText().setStatus} options={options} onClose={onClose} />
}

export function PriorityPicker({ ticketId, onClose }: Props) {
  const current = ticketSignal(ticketId).value?.priority
  const options = priorities.map((priority) => ({ id: priority, label: t().priority[priority], icon: <PriorityMark priority={priority} />, checked: priority === current, run: () => void setPriority(ticketId, priority) }))
  return <Picker label={t().priority.label} options={options} onClose={onClose} />
}

export function CategoryPicker({ ticketId, onClose }: Props) {
  const current = ticketSignal(ticketId).value?.category?.id
  const options = useCategories().filter(isSelectable).map(({ id, name }) => ({ id, label: name, checked: id === current, run: () => void setCategory(ticketId, { id, name }) }))
  return <Picker label={t().ticket.category} options={options} onClose={onClose} />
}

/** Adds or removes tags; a text that is no tag yet becomes one. A ticket with all the tags that it may have can only lose some. */
export function TagsPicker({ ticketId, onClose }: Props) {
  const own = ticketSignal(ticketId).value?.tags ?? []
  const full = own.length >= maxTags
  const known = full ? own : [...new Set([...own, ...heldTickets().flatMap((ticket) => ticket.tags)])]
  const toggle = (tag: string): Option => ({ id: tag, label: tag, checked: own.includes(tag), run: () => void setTags(ticketId, own.includes(tag) ? own.filter((other) => other !== tag) : [...own, tag]) })
  const create = (text: string): Option | null => (full || tooLong(text, maxTag) ? null : { ...toggle(text.replaceAll(",", " ")), id: "new-tag", icon: <Plus size={18} /> })
  const problem = (text: string) => (full ? inboxText().tagsFull(maxTags) : tooLong(text, maxTag))
  return <Picker label={inboxText().tags} options={known.map(toggle)} create={create} problem={problem} onClose={onClose} />
}

export interface Command {
  keys: string
  label: string
  run: () => void
}

/** Keys as they stand on a keyboard. */
export const keysText = (keys: string): string => keys.replace("shift+e", "Shift E").replace("Escape", "Esc")

/** Finds tickets by number, subject or customer, and every command. */
export function Palette({ commands, onClose }: { commands: readonly Command[]; onClose: () => void }) {
  const [, navigate] = useLocation()
  const tickets = heldTickets().slice(0, 500).map((ticket) => ({
    id: ticket.id, label: ticket.title, detail: `${digits(ticket.number)} · ${ticket.customer.name}`, icon: <PriorityMark priority={ticket.priority} />,
    run: () => navigate(pathOf(plain("all"), ticket.id)),
  }))
  const search = (text: string): Option => ({ id: "search", label: inboxText().searchFor(text), icon: <Search size={18} />, run: () => void find(text).then((id) => navigate(pathOf({ ...plain("all"), words: id ? "" : text }, id ?? ""))).catch(toastError) })
  const options = [...commands.map(({ keys, label, run }) => ({ id: `command-${keys}`, label, detail: keysText(keys), run })), ...tickets]
  return <Picker label={inboxText().palette} options={options} create={search} onClose={onClose} />
}

const numberLength = 8 // without hyphen, as in "HFQ2-WNF8"

/** The id of the ticket whose number a text is, or null. */
async function find(text: string): Promise<string | null> {
  if (text.replace(/[\s-]/g, "").length !== numberLength) return null
  try {
    return (await call("get", "/tickets/by-number/{number}", { path: { number: text } })).id
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}
