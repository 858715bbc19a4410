import type { components } from "../api/schema"
import { isolate, number, plural } from "./format"

type Schemas = components["schemas"]
/** A text for each value that the server may send. */
type Of<T extends string> = Record<T, string>

export const admin = {
  title: "Administration", name: "Name",
  areas: { dashboard: "Dashboard", users: "Users", categories: "Categories", broadcasts: "Broadcasts", activity: "Activity", audit: "Audit", health: "Health" },
  nothing: "Nothing yet",
  range: "Period", days: (n: number) => plural(n, { one: "# day", other: "# days" }), perDay: "Per day", asTable: "As a table", day: "Day",
  created: "Created", resolved: "Resolved", closed: "Closed", reopened: "Reopened", replies: "Replies", firstResponse: "First response", resolution: "Resolution", openSockets: "Open connections", slowest: (time: string) => `90% within ${time}`,
  backlog: "Waiting now", status: "Status", tickets: "Tickets", age: "Age", ages: { lt1d: "Under a day", d1to3: "1 to 3 days", d3to7: "3 to 7 days", gt7d: "Older" }, byAgent: "By agent", byCategory: "By category",
  role: "Role", newUser: "New user", newUserHint: "Without it, the user signs in with a code by SMS. Where staff sign in with both, they need it.", passwordHint: "It replaces the one before and signs the user out everywhere.", userSearchHint: "Name, number or e-mail", noName: "No name", disabled: "Disabled", neverSeen: "Never signed in",
  since: (time: string) => `since ${time}`, disable: "Disabled: cannot sign in", removeUser: "Remove the user", removeText: "The user, the tickets and the files are removed for ever. What the user wrote in tickets of others loses the name.", typeNumber: "Type the number to confirm", userRemoved: "The user is removed.",
  newCategory: "New category", description: "Description", inactive: "Inactive", activeCategory: "Active: customers can choose it", position: "Position in the list", first: "First", after: (name: string) => `After “${isolate(name)}”`, removeCategory: "Remove the category", removeCategoryText: "Existing tickets keep its name. New tickets cannot have it any more.",
  newBroadcast: "New broadcast", noBroadcasts: "No broadcast yet", broadcastTitle: "Title", broadcastBody: "Text", audience: "To", channelsLabel: "Over", chooseOne: "Choose at least one.", channels: { app: "In the app", email: "E-mail", sms: "SMS", push: "Push message" } satisfies Of<Schemas["Broadcast"]["channels"][number]>,
  otherLanguage: "Optional. Without it, everybody gets the text above.", smsLength: (parts: string) => `${parts} SMS for each person`, review: "Review", sendNow: "Send now", sureText: (total: number, complete: boolean) => `To ${plural(total, { one: "# person", other: complete ? "# people" : "#+ people" })}? What has been sent cannot be taken back.`,
  stopSending: "Stop sending", recipients: (n: number) => plural(n, { one: "# recipient", other: "# recipients" }), delivered: (sent: number, failed: number, skipped: number) => `${number(sent)} sent, ${number(failed)} failed, ${number(skipped)} skipped`,
  broadcastStates: { queued: "Queued", sending: "Sending", done: "Done", cancelled: "Cancelled" } satisfies Of<Schemas["Broadcast"]["state"]>,
  entryKinds: { opened: "opened a ticket", message: "wrote a message", note: "wrote a note", status: "changed the status", assignment: "assigned a ticket", priority: "changed the priority", category: "changed the category", title: "changed the subject", tags: "changed the tags", follow_up: "continued in a new ticket", unlinked: "removed the link to a deleted ticket" } satisfies Of<Schemas["Entry"]["kind"]>,
  action: "Action", changed: "changed", yesNo: (yes: boolean): string => (yes ? "yes" : "no"),
  fields: { phone: "Number", role: "Role", name: "Name", email: "E-mail", disabled: "Disabled", names: "Names", descriptions: "Descriptions", active: "Active", order: "Order", title: "Title", number: "Ticket", customerId: "Customer", status: "Status", password: "Password" } as Record<string, string>,
  actions: {
    "user.created": "created a user", "user.changed": "changed a user", "user.removed": "removed a user", "category.created": "created a category", "category.changed": "changed a category", "category.removed": "removed a category",
    "ticket.removed": "deleted a ticket", "suppression.removed": "allowed an address again", "delivery.retried": "sent a message again", "broadcast.started": "started a broadcast", "broadcast.cancelled": "cancelled a broadcast",
  } satisfies Of<Schemas["AuditAction"]>,
  deliveryReasons: { provider: "Refused by the provider", spend_limit: "Daily limit of SMS reached" } satisfies Of<Schemas["ChannelDelivery"]["reason"]>,
  failedTitle: "Failed messages", failedText: "Messages that their provider has refused. Try one again when the cause is gone.", noFailed: "No failed messages", attempts: (n: number) => plural(n, { one: "# attempt", other: "# attempts" }), retried: "It is sent again.",
  checks: {
    table: "Table", bucket: "Files", "stream-project": "Lists, statistics, notifications", "stream-deliver": "Live frames, e-mail and SMS",
    codes: "Queue of codes", deliveries: "Queue of messages", broadcasts: "Queue of broadcasts", exports: "Queue of data downloads", "search-index": "Queue of the search",
    "stream-failures": "Failed changes", "attachment-failures": "Failed checks of files", "delivery-failures": "Failed messages", "search-failures": "Failed updates of the search",
  },
  healthStates: { ok: "Works", degraded: "Degraded", down: "Down" } satisfies Of<Schemas["HealthReport"]["state"]>, ms: "ms", version: "Version", failedDeliveries: (n: number) => plural(n, { one: "# failed delivery", other: "# failed deliveries" }),
  suppressions: "Addresses without mail", suppressionsText: "Mail to them bounced or was called spam. Remove one to try again.", noSuppressions: "No addresses", reasons: { bounce: "Bounced", complaint: "Called spam" } satisfies Of<Schemas["Suppression"]["reason"]>,
}
