import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import { Keyboard, MessagesSquare, Search, X } from "lucide-preact"
import { Redirect, useLocation, useSearch } from "wouter-preact"
import { maxSearch } from "../../api/limits"
import { NotFound } from "../../app/not-found"
import { outdate, queryClient } from "../../api/query"
import { isActive } from "../../api/types"
import { inboxText } from "../../i18n/inbox"
import { t } from "../../i18n"
import { ticketSignal } from "../../log/tickets"
import { connection } from "../../socket/realtime"
import { IconButton } from "../../ui/controls"
import { Empty } from "../../ui/states"
import { conflict, take, setStatus } from "./actions"
import { ConflictDialog } from "./conflict"
import { Help } from "./help"
import { shortcutReader } from "./keys"
import { AssignPicker, CategoryPicker, type Choice, type Command, Palette, PriorityPicker, StatusPicker, TagsPicker } from "./pickers"
import { parsePath, pathOf, plain, queueAt, type Queue } from "./queues"
import { focusRow, moveFocus, QueueList } from "./queue-list"
import { QueueMenu, QueueNav, useQueueName } from "./queue-nav"
import { TicketPane, write } from "./ticket-pane"
import { queuePages, useQueue } from "./use-queue"
import "./inbox.css"

/** Fetches the rows of the address before the screen is drawn. */
export async function prepare(): Promise<void> {
  const queue = queueAt(location)
  if (queue) await queryClient.prefetchInfiniteQuery(queuePages(queue))
}

export default function Inbox() {
  const [path] = useLocation()
  const search = useSearch()
  const parsed = useMemo(() => parsePath(path, new URLSearchParams(search).get("q")?.trim() ?? ""), [path, search])
  useEffect(() => {
    const unsubscribe = connection.subscribe("queue")
    return () => {
      unsubscribe()
      outdate(["tickets"]) // its changes are not heard of any more
    }
  }, [])
  if (/^\/inbox\/?$/.test(path)) return <Redirect to="/inbox/mine" replace />
  if (!parsed) return <NotFound />
  return <Panes {...parsed} />
}

const keysSetting = "shortcuts"

function Panes({ queue, ticketId }: { queue: Queue; ticketId: string | null }) {
  const result = useQueue(queue)
  const [choice, setChoice] = useState<Choice | "help" | null>(null)
  const [keysOn, setKeysOn] = useState(localStorage.getItem(keysSetting) !== "off")
  const searchInput = useRef<HTMLInputElement>(null)
  const commands = useCommands({ queue, ticketId, ids: result.tickets.map((ticket) => ticket.id), choose: setChoice, search: () => searchInput.current?.focus() })
  useShortcuts(commands, keysOn)
  const close = () => setChoice(null)
  useLayoutEffect(close, [ticketId]) // what is open is about the ticket before; at once, before the next key opens another
  useEffect(() => () => void (conflict.value = null), [])
  return (
    <div class="inbox" data-open={ticketId ? "" : undefined}>
      <QueueNav current={queue} />
      <section class="queue" aria-labelledby="queue-title">
        <QueueHead queue={queue} input={searchInput} onHelp={() => setChoice("help")} />
        <QueueList queue={queue} result={result} openId={ticketId} />
      </section>
      {ticketId ? (
        <TicketPane key={ticketId} id={ticketId} back={pathOf(queue)} onChoose={setChoice} />
      ) : (
        <div class="pane-empty"><Empty icon={<MessagesSquare size={32} />} title={inboxText().chooseTitle} text={inboxText().chooseText} /></div>
      )}
      <ConflictDialog />
      {choice === "palette" && <Palette commands={commands} onClose={close} />}
      {choice === "help" && (
        <Help
          commands={commands}
          enabled={keysOn}
          onEnabled={(on) => {
            localStorage.setItem(keysSetting, on ? "on" : "off")
            setKeysOn(on)
          }}
          onClose={close}
        />
      )}
      {ticketId && choice === "assign" && <AssignPicker ticketId={ticketId} onClose={close} />}
      {ticketId && choice === "status" && <StatusPicker ticketId={ticketId} onClose={close} />}
      {ticketId && choice === "priority" && <PriorityPicker ticketId={ticketId} onClose={close} />}
      {ticketId && choice === "category" && <CategoryPicker ticketId={ticketId} onClose={close} />}
      {ticketId && choice === "tags" && <TagsPicker ticketId={ticketId} onClose={close} />}
    </div>
  )
}

function QueueHead({ queue, input, onHelp }: { queue: Queue; input: { current: HTMLInputElement | null }; onHelp: () => void }) {
  const [, navigate] = useLocation()
  const name = useQueueName(queue)
  const [words, setWords] = useState(queue.words)
  const searched = useRef(queue.words) // by this field, in which more may have been typed since
  useEffect(() => {
    if (queue.words !== searched.current) setWords(queue.words)
    searched.current = queue.words
  }, [queue.words])
  const target = pathOf({ ...queue, words: words.trim() })
  const here = pathOf(queue)
  const show = () => {
    searched.current = words.trim()
    navigate(target, { replace: true })
  }
  useEffect(() => {
    if (target === here) return
    const timer = setTimeout(show, 300)
    return () => clearTimeout(timer)
  }, [target, here, navigate])
  return (
    <header class="queue-head">
      <div class="queue-head-line">
        <h1 id="queue-title">{name}</h1>
        <QueueMenu current={queue} />
        <IconButton label={inboxText().keysTitle} onClick={onHelp}><Keyboard size={20} /></IconButton>
      </div>
      <form
        role="search"
        class="queue-search"
        onSubmit={(event) => {
          event.preventDefault()
          if (target === here) focusRow(0)
          else show()
        }}
      >
        <Search size={16} aria-hidden="true" />
        <input
          ref={input}
          type="text"
          inputMode="search"
          dir="auto"
          value={words}
          maxLength={maxSearch}
          aria-label={inboxText().searchLabel}
          placeholder={inboxText().searchLabel}
          onInput={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return
            setWords("")
            event.currentTarget.blur()
          }}
        />
        {words && <IconButton label={t().actions.remove} onClick={() => setWords("")}><X size={16} /></IconButton>}
      </form>
    </header>
  )
}

interface CommandContext {
  queue: Queue
  ticketId: string | null
  ids: readonly string[]
  choose: (choice: Choice | "help") => void
  search: () => void
}

/** Everything that a key can do; the palette and the help list the same. */
function useCommands({ queue, ticketId, ids, choose, search }: CommandContext): Command[] {
  const [, navigate] = useLocation()
  const text = inboxText().commands
  const go = (keys: string, name: string, to: Queue): Command => ({ keys, label: text.goTo(name), run: () => navigate(pathOf(to)) })
  const place = usePlace(ids, ticketId)
  const neighbour = (step: number) => {
    const to = ids[place(step)]
    if (to) navigate(pathOf(queue, to))
  }
  const back = () => {
    navigate(pathOf(queue))
    setTimeout(() => focusRow(Math.min(place(0), ids.length - 1))) // the list may be hidden until it is drawn
  }
  const ticket = ticketId ? ticketSignal(ticketId).value : null
  const ofTicket = (keys: string, label: string, run: (id: string) => void): Command[] => (ticketId ? [{ keys, label, run: () => run(ticketId) }] : [])
  return [
    { keys: "j", label: text.down, run: () => moveFocus(1) },
    { keys: "k", label: text.up, run: () => moveFocus(-1) },
    { keys: "o", label: text.open, run: () => document.activeElement instanceof HTMLAnchorElement && document.activeElement.click() },
    ...ofTicket("[", text.previous, () => neighbour(-1)),
    ...ofTicket("]", text.next, () => neighbour(1)),
    ...ofTicket("Escape", t().nav.back, back),
    { keys: "/", label: text.search, run: search },
    { keys: "Ctrl K", label: text.palette, run: () => choose("palette") },
    ...ofTicket("r", text.reply, (id) => write(id, "reply")),
    ...ofTicket("n", text.note, (id) => write(id, "note")),
    ...ofTicket("i", text.take, (id) => void take(id)),
    ...ofTicket("a", text.assign, () => choose("assign")),
    ...ofTicket("s", text.status, () => choose("status")),
    ...ofTicket("p", text.priority, () => choose("priority")),
    ...ofTicket("c", text.category, () => choose("category")),
    ...ofTicket("t", text.tags, () => choose("tags")),
    ...(ticket && !isActive(ticket) ? [] : ofTicket("e", text.resolve, (id) => void setStatus(id, "resolved"))),
    ...(ticket?.status === "closed" ? [] : ofTicket("shift+e", text.close, (id) => void setStatus(id, "closed"))),
    go("g m", inboxText().queues.mine, plain("mine")),
    go("g u", inboxText().queues.unassigned, plain("unassigned")),
    go("g o", inboxText().queues.open, plain("open")),
    go("g a", inboxText().queues.all, plain("all")),
    { keys: "g n", label: text.goTo(t().nav.notifications), run: () => navigate("/notifications") },
    { keys: "?", label: inboxText().keysTitle, run: () => choose("help") },
  ]
}

/** Returns the row that is some steps from the open ticket. A ticket that has left the queue stands before the row that took its place. */
function usePlace(ids: readonly string[], ticketId: string | null): (step: number) => number {
  const last = useRef(0)
  const index = ids.indexOf(ticketId ?? "")
  if (index >= 0) last.current = index
  return (step) => last.current + step - (index < 0 && step > 0 ? 1 : 0)
}

function useShortcuts(commands: readonly Command[], enabled: boolean): void {
  const current = useRef(commands)
  current.current = commands
  useEffect(() => {
    const read = shortcutReader()
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open], :popover-open [role=menu]:focus-within")) return
      const palette = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && (event.key.toLowerCase() === "k" || event.code === "KeyK")
      const name = palette ? "Ctrl K" : enabled ? read(event) : null
      const command = name && current.current.find(({ keys }) => keys === name)
      if (!command) return
      event.preventDefault()
      command.run()
    }
    addEventListener("keydown", onKey)
    return () => removeEventListener("keydown", onKey)
  }, [enabled])
}
