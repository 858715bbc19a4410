import { plural } from "./format"

export const inbox = {
  title: "Inbox",
  queuesLabel: "Queues",
  queues: { mine: "Mine", unassigned: "Unassigned", open: "Open", all: "All tickets" },
  byStatus: "Status",
  unassigned: "Unassigned",
  searchLabel: "Search tickets",
  newRows: (n: number) => plural(n, { one: "# new", other: "# new" }),
  emptyTitle: "All done", emptyText: "No ticket waits in this queue. New ones appear by themselves.",
  chooseTitle: "No ticket open", chooseText: "Choose one from the list, or press J and Enter.",
  needsConnection: "This needs the connection. Try again when you are online.",
  statusSet: (status: string) => `The status is “${status}”`,
  chosen: "Chosen", nothingFound: "Nothing found",
  assignTo: "Assign to", assignMe: "Me", release: "Nobody", take: "Take it", resolve: "Resolve", setStatus: "Set the status",
  online: "online", away: "away", activeTickets: (n: number) => plural(n, { one: "# active ticket", other: "# active tickets" }),
  tags: "Tags", noTags: "No tags", continues: "Continues", palette: "Find a ticket or a command",
  customerTickets: (open: number, all: number) => `${plural(open, { one: "# open ticket", other: "# open tickets" })} of ${plural(all, { one: "#", other: "#" })}`,
  alsoHere: (name: string) => `${name} is here too`, severalHere: (n: string) => `${n} colleagues are here too`,
  modeLabel: "Kind of message", writeReply: (name: string) => `Reply to ${name}`, writeNote: "Write a note that only colleagues see", addNote: "Add the note",
  deleteTicket: "Delete the ticket", deleteTitle: "Delete this ticket?", deleteText: "Its messages and files are removed for everybody. This cannot be undone.",
  details: "Customer and details",
  keysTitle: "Keyboard shortcuts", keysOn: "Use single keys as shortcuts",
  commands: {
    down: "Next row", up: "Previous row", open: "Open the row", previous: "Previous ticket", next: "Next ticket", search: "Search", palette: "Find anything", reply: "Reply", note: "Write a note",
    take: "Take the ticket", assign: "Assign", status: "Status", priority: "Priority", category: "Category", tags: "Tags", resolve: "Mark as resolved", close: "Close the ticket",
  },
}
