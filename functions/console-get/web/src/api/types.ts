import type { components } from "./schema"

type Schemas = components["schemas"]
export type User = Schemas["User"]
export type Ticket = Schemas["Ticket"]
export type Entry = Schemas["Entry"]
export type Attachment = Schemas["Attachment"]
export type Notification = Schemas["Notification"]
export type Broadcast = Schemas["Broadcast"]
export type Category = Schemas["Category"]
export type Session = Schemas["Session"]
export type TicketCounts = Schemas["TicketCounts"]
export type Role = Schemas["Role"]
export type Status = Schemas["Status"]
export type Priority = Schemas["Priority"]
export type Person = Schemas["Author"]
export type ErrorCode = Schemas["ErrorCode"]
export type Problem = Schemas["Problem"]

export const isStaff = (role: Role): boolean => role !== "user"

/** Whether a ticket waits for somebody: it is not resolved or closed. */
export const isActive = ({ status }: Pick<Ticket, "status">): boolean => status !== "resolved" && status !== "closed"
