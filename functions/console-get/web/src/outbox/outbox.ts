import { signal } from "@preact/signals"
import { call } from "../api/client"
import { ApiError, isTemporary } from "../api/problem"
import type { Entry, Ticket } from "../api/types"
import { ulid } from "../api/ulid"
import { clearDraft, draftSignal, editDraft, isEmptyDraft, storedFiles } from "../drafts/drafts"
import { database, databaseUser, hasDatabase, type OutboxItem } from "../log/db"
import { logSignal, openLog, takeEntries } from "../log/store"
import { foldEntry, putTickets } from "../log/tickets"
import { backoff } from "../socket/backoff"
import { forgetUpload, uploadFile } from "./upload"

/** What waits to be sent, in the order of writing. */
export const outbox = signal<OutboxItem[]>([])

const parallelTickets = 3
const channel = new BroadcastChannel("outbox")
channel.onmessage = () => {
  void readOutbox()
  more?.()
}

let tries = 0
let timer: ReturnType<typeof setTimeout> | undefined
let running: Promise<void> | null = null
let again = false
/** Looks for what was written since the round began, which may take as long as an upload. */
let more: (() => void) | null = null

/** Shows and sends what the last visit has left. */
export async function startOutbox(): Promise<void> {
  await readOutbox()
  flush()
}

/** Stops sending. What waits stays on the screen. */
export const pauseOutbox = (): void => clearTimeout(timer)

export function stopOutbox(): void {
  pauseOutbox()
  outbox.value = []
}

async function readOutbox(): Promise<void> {
  if (!hasDatabase()) return
  outbox.value = await storedItems()
}

/** What is stored, in the order of writing: ULIDs sort by time. */
const storedItems = async (): Promise<OutboxItem[]> => (await (await database()).getAll("outbox")).sort((a, b) => a.clientId.localeCompare(b.clientId))

/** Stores what somebody wrote without the space around it, empties the draft it came from, and sends it as soon as possible. */
export async function add(item: Omit<OutboxItem, "clientId" | "createdAt" | "state" | "after">, draftKey: string): Promise<OutboxItem> {
  const stored: OutboxItem = { ...item, body: item.body.trim(), clientId: nextId(), createdAt: new Date().toISOString(), state: "waiting", after: null }
  if (stored.kind === "ticket") stored.ticketId = stored.clientId
  // The draft is empty at once: what is typed from here on belongs to the next message, and a
  // second click finds nothing to send.
  const written = draftSignal(draftKey).peek()
  clearDraft(draftKey)
  try {
    // strict: the text is on the disk before the screen shows it as written
    const tx = (await database()).transaction(["outbox", "drafts"], "readwrite", { durability: "strict" })
    const next = draftSignal(draftKey).peek()
    void tx.objectStore("outbox").put(stored)
    void (isEmptyDraft(next) ? tx.objectStore("drafts").delete(draftKey) : tx.objectStore("drafts").put(next))
    await tx.done
  } catch (error) {
    const typed = draftSignal(draftKey).peek()
    editDraft(draftKey, { ...written, text: [written.text, typed.text].filter(Boolean).join("\n"), files: [...written.files, ...typed.files] })
    throw error
  }
  outbox.value = [...outbox.peek(), stored]
  channel.postMessage("changed")
  flush()
  return stored
}

let lastTime = 0

/** Returns a ULID that sorts after the previous one: no two have the same millisecond. */
function nextId(): string {
  lastTime = Math.max(Date.now(), lastTime + 1)
  return ulid(lastTime)
}

/** Gives a refused item another try. */
export async function retry(clientId: string): Promise<void> {
  await update(clientId, ({ problem: _, ...item }) => ({ ...item, state: "waiting", after: null }))
  flush()
}

/** Takes a refused item out and returns it, so that its text can be edited. */
export async function takeBack(clientId: string): Promise<OutboxItem | undefined> {
  const tx = (await database()).transaction("outbox", "readwrite")
  const item = await tx.store.get(clientId)
  void tx.store.delete(clientId)
  await tx.done
  const files = (await storedFiles(item?.files ?? [])).map((file) => file.id) // without those that are lost
  changed()
  return item && { ...item, files }
}

async function update(clientId: string, change: (item: OutboxItem) => OutboxItem): Promise<void> {
  const tx = (await database()).transaction("outbox", "readwrite")
  const item = await tx.store.get(clientId)
  if (item) void tx.store.put(change(item))
  await tx.done
  changed()
}

function changed(): void {
  channel.postMessage("changed")
  void readOutbox()
}

/** Sends now, ignoring the delay after failures. */
export function flush(): void {
  clearTimeout(timer)
  if (running) {
    again = true
    more?.()
    return
  }
  running = sendAll()
    .catch(() => 0) // the database or the lock has failed
    .then((wait) => {
      if (wait === null) tries = 0
      else timer = setTimeout(flush, Math.max(wait, backoff(tries++)))
      running = null
      if (!again) return
      again = false
      flush()
    })
}

/** Tries everything. The lock lets one tab send; another one continues if it is closed. */
async function sendAll(): Promise<number | null> {
  if (!hasDatabase()) return null
  return navigator.locks.request("outbox", () => round().finally(() => (more = null)))
}

/** Sends until nothing is left, or what is left has failed for now. Returns the milliseconds to wait in that case. */
async function round(): Promise<number | null> {
  const busy = new Set<string>() // tickets of which an item is being sent or has failed for now
  const workers = new Set<Promise<void>>()
  let wait: number | null = null
  const work = async () => {
    for (let item = await nextItem(busy); item; item = await nextItem(busy)) {
      const result = await attempt(item)
      if (result === "over") busy.delete(item.ticketId)
      else if (result !== "signed out") wait = Math.max(wait ?? 0, result)
    }
  }
  more = () => {
    if (workers.size === parallelTickets) return
    const worker: Promise<void> = work()
      .catch(() => void (wait ??= 0))
      .finally(() => workers.delete(worker))
    workers.add(worker)
  }
  for (let i = 0; i < parallelTickets; i++) more()
  while (workers.size > 0) await Promise.all(workers)
  return wait
}

/** The oldest item of a ticket that is not busy, which it then is. Messages for a ticket that waits itself come after it. */
async function nextItem(busy: Set<string>): Promise<OutboxItem | undefined> {
  const items = await storedItems()
  const unopened = new Set(items.filter((item) => item.kind === "ticket").map((item) => item.clientId))
  const next = items.find((item) => item.state === "waiting" && !busy.has(item.ticketId) && (item.kind === "ticket" || !unopened.has(item.ticketId)))
  if (next) busy.add(next.ticketId)
  return next
}

/** Tries one item. Returns the milliseconds to wait if it failed for now. */
async function attempt(item: OutboxItem): Promise<"over" | "signed out" | number> {
  try {
    await send(item).catch(async (error: unknown) => {
      if (!(error instanceof ApiError && ["attachment_not_found", "attachment_expired"].includes(error.code))) throw error
      await Promise.all(item.files.map(forgetUpload)) // the server keeps an upload that is not sent for a day
      await send(item)
    })
    tries = 0 // what gets through now and then is worth a quick try
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return "signed out" // until somebody signs in
    if (error instanceof ApiError && error.code === "attachment_pending") tries = Math.min(tries, 2) // a file is checked within seconds
    if (isTemporary(error) || !(error instanceof ApiError)) return error instanceof ApiError ? error.retryAfter : 0
    await update(item.clientId, (stored) => ({ ...stored, state: "refused", problem: error.problem }))
  }
  return "over"
}

/** Sends one item and removes it. */
async function send(item: OutboxItem): Promise<void> {
  const attachmentIds: string[] = []
  for (const id of item.files) attachmentIds.push(await uploadFile(id))
  const files = attachmentIds.length ? { attachmentIds } : {}
  if (item.kind === "ticket") {
    const { title, categoryId, priority, followUpOf } = item.opening!
    const ticket = await call("post", "/tickets", {
      body: { clientId: item.clientId, title, categoryId, description: item.body, ...files, ...(priority ? { priority } : {}), ...(followUpOf ? { followUpOf } : {}) },
    })
    return confirmTicket(item, ticket)
  }
  await openLog(item.ticketId)
  const after = item.after ?? logSignal(item.ticketId).peek().syncedTo
  if (item.after === null) await update(item.clientId, (stored) => ({ ...stored, after })) // before the first try
  const entry = await call("post", "/tickets/{id}/messages", {
    path: { id: item.ticketId },
    body: { clientId: item.clientId, body: item.body, ...files, ...(item.internal ? { internal: true } : {}), ...(after > 0 ? { after } : {}) },
  })
  await confirmMessage(item, entry)
}

/** Only a response of the server removes an item: a lost response is asked for again. */
async function confirmMessage(item: OutboxItem, entry: Entry): Promise<void> {
  await takeEntries(entry.ticketId, [entry], { kind: "single" })
  foldEntry(entry, databaseUser(), true)
  await removeItem(item)
}

async function confirmTicket(item: OutboxItem, ticket: Ticket): Promise<void> {
  putTickets([ticket])
  const tx = (await database()).transaction(["outbox", "kv"], "readwrite")
  // Messages that were written for the waiting ticket now have one.
  for (const other of await tx.objectStore("outbox").getAll()) {
    if (other.ticketId === item.clientId && other.clientId !== item.clientId) void tx.objectStore("outbox").put({ ...other, ticketId: ticket.id })
  }
  void tx.objectStore("kv").put(ticket.id, `ticket:${item.clientId}`)
  await tx.done
  await removeItem(item)
}

/** Returns the id of the ticket that was opened with a clientId, once it is confirmed. */
export const openedTicket = async (clientId: string): Promise<string | undefined> => (await (await database()).get("kv", `ticket:${clientId}`)) as string | undefined

async function removeItem(item: OutboxItem): Promise<void> {
  const tx = (await database()).transaction(["outbox", "files"], "readwrite")
  void tx.objectStore("outbox").delete(item.clientId)
  for (const id of item.files) void tx.objectStore("files").delete(id)
  await tx.done
  outbox.value = outbox.peek().filter((other) => other.clientId !== item.clientId)
  channel.postMessage("changed")
}

// The network is back, or somebody looks at the page: no delay.
const now = () => {
  tries = 0
  if (outbox.peek().some((item) => item.state === "waiting")) flush()
}
addEventListener("online", now)
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now())
