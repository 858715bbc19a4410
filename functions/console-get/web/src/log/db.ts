import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb"
import type { Entry, Problem, Ticket } from "../api/types"
import type { Log } from "./log"

/** A message or a new ticket that the server has not confirmed. */
export interface OutboxItem {
  clientId: string
  /** The ticket, or the clientId of a ticket that waits itself. */
  ticketId: string
  kind: "message" | "ticket"
  body: string
  internal: boolean
  files: string[]
  /** Seq of the last entry that was held at the first try; fixed before it, so that repeats are equal. */
  after: number | null
  createdAt: string
  state: "waiting" | "refused"
  problem?: Problem
  opening?: { title: string; categoryId: string; priority?: Ticket["priority"]; followUpOf?: string }
}

/** A file of a draft or of a waiting message. */
export interface StoredFile {
  id: string
  blob: Blob
  name: string
  type: string
  size: number
  attachmentId?: string
  uploaded?: boolean
  /** Counts the upload forms, because a form expires after 15 minutes. */
  form?: number
  expiresAt?: string
}

export interface Draft {
  key: string
  text: string
  files: string[]
  updatedAt: number
  /** The clientId of the ticket that was asked for with this draft, so that another try finds it. */
  clientId?: string
  opening?: { title: string; categoryId: string; priority?: Ticket["priority"]; followUpOf?: string }
}

export interface Schema extends DBSchema {
  entries: { key: [string, number]; value: Entry }
  logs: { key: string; value: Omit<Log, "entries"> & { usedAt: number }; indexes: { usedAt: number } }
  tickets: { key: string; value: Ticket }
  outbox: { key: string; value: OutboxItem }
  files: { key: string; value: StoredFile }
  drafts: { key: string; value: Draft }
  kv: { key: string; value: unknown }
}

type Database = IDBPDatabase<Schema>

let opened: Promise<Database> | null = null
let userId = ""

const nameOf = (user: string) => `console-${user}`

/** Opens the database of a user, one for each, so that nobody sees the texts of another person. */
export async function openDatabase(user: string): Promise<Database> {
  if (opened && userId !== user) await closeDatabase()
  userId = user
  return database()
}

/** Returns the database of the signed-in user. One that the browser has closed, or that did not open, is opened again. */
export function database(): Promise<Database> {
  if (!userId) throw new Error("no user is signed in")
  if (opened) return opened
  const forget = () => void (opened === opening && (opened = null))
  const opening: Promise<Database> = open(userId, forget)
  void opening.catch(forget)
  return (opened = opening)
}

function open(user: string, onEnd: () => void): Promise<Database> {
  return openDB<Schema>(nameOf(user), 1, {
    upgrade(db) {
      db.createObjectStore("entries", { keyPath: ["ticketId", "seq"] })
      db.createObjectStore("logs", { keyPath: "ticketId" }).createIndex("usedAt", "usedAt")
      db.createObjectStore("tickets", { keyPath: "id" })
      db.createObjectStore("outbox", { keyPath: "clientId" })
      db.createObjectStore("files", { keyPath: "id" })
      db.createObjectStore("drafts", { keyPath: "key" })
      db.createObjectStore("kv")
    },
    // Another tab deletes it, because the user has signed out there: a connection that stays open would block that.
    blocking() {
      if (userId === user) void closeDatabase()
    },
    terminated: onEnd,
  })
}

/** The user whose database is open. */
export const databaseUser = (): string => userId

export const hasDatabase = (): boolean => userId !== ""

export async function closeDatabase(): Promise<void> {
  const closing = opened
  opened = null
  userId = ""
  await closing?.then((db) => db.close(), () => {}) // one that did not open needs no closing
}

/** Empties the tickets and logs that were stored for another view: staff see tickets and notes that customers do not. */
export async function emptyOtherView(isStaff: boolean): Promise<void> {
  const tx = (await database()).transaction(["kv", "tickets", "entries", "logs"], "readwrite")
  const stored = await tx.objectStore("kv").get("staff")
  if (stored === !isStaff) for (const name of ["tickets", "entries", "logs"] as const) void tx.objectStore(name).clear()
  if (stored !== isStaff) void tx.objectStore("kv").put(isStaff, "staff")
  await tx.done
}

/** Deletes everything that this device holds of a user. */
export async function deleteDatabase(user: string): Promise<void> {
  await closeDatabase()
  await deleteDB(nameOf(user))
}

/** The entries of one ticket from a seq to before another one, ascending. */
export const entryRange = (ticketId: string, from = 0, before = Infinity): IDBKeyRange => IDBKeyRange.bound([ticketId, from], [ticketId, before], false, true)
