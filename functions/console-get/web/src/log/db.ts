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
  opening?: { title: string; categoryId: string; priority?: Ticket["priority"]; followUpOf?: string }
}

interface Schema extends DBSchema {
  entries: { key: [string, number]; value: Entry }
  logs: { key: string; value: Omit<Log, "entries"> & { usedAt: number }; indexes: { usedAt: number } }
  tickets: { key: string; value: Ticket }
  outbox: { key: string; value: OutboxItem }
  files: { key: string; value: StoredFile }
  drafts: { key: string; value: Draft }
  kv: { key: string; value: unknown }
}

export type Database = IDBPDatabase<Schema>

let opened: Promise<Database> | null = null
let userId = ""

const nameOf = (user: string) => `console-${user}`

/** Opens the database of a user, one for each, so that nobody sees the texts of another person. */
export async function openDatabase(user: string): Promise<Database> {
  if (opened && userId === user) return opened
  await closeDatabase()
  userId = user
  opened = openDB<Schema>(nameOf(user), 1, {
    upgrade(db) {
      db.createObjectStore("entries", { keyPath: ["ticketId", "seq"] })
      db.createObjectStore("logs", { keyPath: "ticketId" }).createIndex("usedAt", "usedAt")
      db.createObjectStore("tickets", { keyPath: "id" })
      db.createObjectStore("outbox", { keyPath: "clientId" })
      db.createObjectStore("files", { keyPath: "id" })
      db.createObjectStore("drafts", { keyPath: "key" })
      db.createObjectStore("kv")
    },
  })
  return opened
}

/** Returns the database of the signed-in user. */
export function database(): Promise<Database> {
  if (!opened) throw new Error("nobody is signed in")
  return opened
}

/** The user whose database is open. */
export const databaseUser = (): string => userId

export const hasDatabase = (): boolean => opened !== null

export async function closeDatabase(): Promise<void> {
  ;(await opened)?.close()
  opened = null
}

/** Deletes everything that this device holds of a user. */
export async function deleteDatabase(user: string): Promise<void> {
  await closeDatabase()
  await deleteDB(nameOf(user))
}

/** The entries of one ticket, ascending. */
export const entryRange = (ticketId: string): IDBKeyRange => IDBKeyRange.bound([ticketId, 0], [ticketId, Infinity])
