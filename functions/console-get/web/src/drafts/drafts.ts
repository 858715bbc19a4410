import { type Signal, signal } from "@preact/signals"
import { excess } from "../api/excess"
import { maxText } from "../api/limits"
import { ulid } from "../api/ulid"
import { database, databaseUser, type Draft, hasDatabase, type StoredFile } from "../log/db"

const saveDelay = 200

const drafts = new Map<string, Signal<Draft>>()
/** The reading of stored drafts, by key. */
const read = new Map<string, Promise<void>>()
/** The drafts that are not stored; without a timer those that the device could not store. */
const unsaved = new Map<string, ReturnType<typeof setTimeout> | undefined>()

/** The key of a draft: each ticket has one for a reply and one for a note. */
export const draftKey = (ticketId: string, mode: "reply" | "note" = "reply"): string => `${ticketId}:${mode}`
export const newTicketKey = "new:reply"

const empty = (key: string): Draft => ({ key, text: "", files: [], updatedAt: 0 })

/** The draft. It shows the stored text as soon as the device has read it. */
export function draftSignal(key: string): Signal<Draft> {
  let found = drafts.get(key)
  if (!found) {
    const draft = (found = signal(empty(key)))
    drafts.set(key, draft)
    const reading = database()
      .then((db) => db.get("drafts", key))
      .then((stored) => {
        const newest = rescued(key, stored)
        if (newest && draft.peek().updatedAt === 0) draft.value = newest // unless somebody typed meanwhile
      })
    read.set(key, reading)
  }
  return found
}

// Another tab has the same drafts: a text that was sent there must not be sent here too.
const channel = new BroadcastChannel("drafts")
const announce = (draft: Draft) => channel.postMessage({ user: databaseUser(), draft })
channel.onmessage = ({ data: { user, draft } }: MessageEvent<{ user: string; draft: Draft }>) => {
  const held = drafts.get(draft.key)
  if (held && user === databaseUser() && !unsaved.has(draft.key) && draft.updatedAt > held.peek().updatedAt) held.value = draft
}

/** Changes a draft and stores it a little later. Nothing but the writer and sending changes a draft. */
export function editDraft(key: string, change: Partial<Pick<Draft, "text" | "files" | "opening" | "clientId">>): void {
  const draft = draftSignal(key)
  draft.value = { ...draft.peek(), ...change, updatedAt: Date.now() }
  clearTimeout(unsaved.get(key))
  unsaved.set(key, setTimeout(() => void save(key), saveDelay))
}

/** Puts a text and files before those of a draft, also of one that is only stored yet, and stores it. */
export async function addToDraft(key: string, { text, files, opening }: Pick<Draft, "text" | "files" | "opening">): Promise<void> {
  const draft = draftSignal(key)
  await read.get(key)
  const before = draft.peek()
  editDraft(key, { text: [text, before.text].filter(Boolean).join("\n\n"), files: [...files, ...before.files], ...(opening ? { opening } : {}) })
  await saveDrafts()
}

export const isEmptyDraft = (draft: Draft): boolean => draft.text.trim() === "" && draft.files.length === 0

/** Whether the API takes the draft as a message. */
export const isSendable = (draft: Draft): boolean => !isEmptyDraft(draft) && excess(draft.text, maxText) === 0

/** Counts the drafts that somebody has written something in: the stored ones, and those that the device could not store. */
export async function countDrafts(): Promise<number> {
  await saveDrafts().catch(() => {})
  const stored = await database().then((db) => db.getAll("drafts")).catch(() => [])
  const held = [...drafts.values()].map((draft) => draft.peek()).filter(({ updatedAt }) => updatedAt > 0)
  const newest = new Map([...stored, ...held].map((draft) => [draft.key, draft]))
  return [...newest.values()].filter((draft) => !isEmptyDraft(draft) || draft.opening?.title.trim()).length
}

async function save(key: string): Promise<void> {
  clearTimeout(unsaved.get(key))
  unsaved.delete(key)
  const draft = drafts.get(key)?.peek()
  if (!draft || !hasDatabase()) return
  const rescue = rescueKey(key)
  try {
    const db = await database()
    await (isEmptyDraft(draft) && !draft.opening ? db.delete("drafts", key) : db.put("drafts", draft))
  } catch (error) {
    if (drafts.get(key)?.peek() === draft) unsaved.set(key, undefined) // a newer one has its own timer
    throw error
  }
  announce(draft)
  if (!unsaved.has(key)) localStorage.removeItem(rescue)
}

/** Stores every draft that has changed. A page that is left calls it. */
export const saveDrafts = async (): Promise<void> => void (await Promise.all([...unsaved.keys()].map(save)))

// IndexedDB may not finish while a page is unloaded, localStorage does.
const rescueKey = (key: string) => `draft-${databaseUser()}-${key}`

function rescue(): void {
  for (const key of unsaved.keys()) {
    try {
      localStorage.setItem(rescueKey(key), JSON.stringify(drafts.get(key)?.peek()))
    } catch {} // too long for it
  }
  void saveDrafts()
}

/** Returns the newer one of the stored draft and that of the last keys before the page was left. */
function rescued(key: string, stored: Draft | undefined): Draft | undefined {
  const text = localStorage.getItem(rescueKey(key))
  if (!text) return stored
  localStorage.removeItem(rescueKey(key))
  const draft = JSON.parse(text) as Draft
  if (draft.updatedAt <= (stored?.updatedAt ?? 0)) return stored
  void database().then((db) => db.put("drafts", draft))
  return draft
}

/** Reports whether the writer's last keys are not stored yet. */
export const hasUnsavedDraft = (): boolean => unsaved.size > 0

/** Empties a draft in memory. Outbox.add deletes the stored one in its own transaction. */
export function clearDraft(key: string): void {
  clearTimeout(unsaved.get(key))
  unsaved.delete(key)
  localStorage.removeItem(rescueKey(key))
  const cleared = { ...empty(key), updatedAt: Date.now() }
  const draft = drafts.get(key)
  if (draft) draft.value = cleared
  announce(cleared)
}

/** Stores a file for a draft, so that it survives a reload. */
export async function addFile(key: string, file: File): Promise<void> {
  const stored: StoredFile = { id: ulid(), blob: file, name: file.name, type: file.type, size: file.size }
  await (await database()).put("files", stored)
  editDraft(key, { files: [...draftSignal(key).peek().files, stored.id] })
}

export async function removeFile(key: string, id: string): Promise<void> {
  editDraft(key, { files: draftSignal(key).peek().files.filter((other) => other !== id) })
  await (await database()).delete("files", id)
}

export const storedFiles = async (ids: readonly string[]): Promise<StoredFile[]> => {
  const db = await database()
  return (await Promise.all(ids.map((id) => db.get("files", id)))).filter((file) => file !== undefined)
}

/** Removes what this module holds of the user who signs out; the database is deleted too. */
export function removeDrafts(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(rescueKey(""))) localStorage.removeItem(key)
  forgetDrafts()
}

export function forgetDrafts(): void {
  drafts.clear()
  read.clear()
  unsaved.forEach((timer) => clearTimeout(timer))
  unsaved.clear()
}

addEventListener("pagehide", rescue)
