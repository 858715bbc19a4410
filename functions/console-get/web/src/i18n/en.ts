import { isolate, number, plural } from "./format"

export const common = {
  product: "Support",
  skip: "Skip to content",
  language: { label: "Language", en: "English", fa: "فارسی" },
  theme: { label: "Theme", system: "Like the device", light: "Light", dark: "Dark" },
  nav: {
    label: "Main", tickets: "Tickets", notifications: "Notifications", profile: "Profile", inbox: "Inbox", admin: "Admin",
    back: "Back", signOut: "Sign out", install: "Install the app",
    unread: (n: number) => plural(n, { one: "# unread", other: "# unread" }),
  },
  actions: {
    save: "Save", cancel: "Cancel", close: "Close", retry: "Try again", remove: "Remove", edit: "Edit", done: "Done", more: "More", send: "Send", reload: "Reload",
    showMore: "Show more", undo: "Undo",
  },
  state: {
    loading: "Loading", saved: "Saved", optional: "optional",
    offline: "Offline", offlineWaiting: (n: number) => plural(n, { one: "Offline – # message waits", other: "Offline – # messages wait" }),
    newVersion: "A new version is ready", notFoundTitle: "Not there, or not yours", notFoundText: "The address is wrong, or another person's.", home: "To the start",
    failedTitle: "This did not work", request: (id: string) => `Request ${isolate(id)}`,
  },
  errors: {
    network: "No connection to the server. Check the network and try again.",
    unknown: "Something went wrong on our side. Try again in a moment.",
    required: "Fill in this field.", tooShort: (n: number) => `At least ${number(n)} characters.`,
    tooLong: (rest: number, most: number) => `${plural(rest, { one: "# character", other: "# characters" })} too many: at most ${number(most)}.`,
  },
  role: { user: "Customer", support: "Support", admin: "Administrator", system: "Automatic" },
  status: { new: "New", open: "Open", pending: "Waiting for the customer", on_hold: "On hold", resolved: "Resolved", closed: "Closed" },
  statusForCustomer: { new: "Received", open: "In progress", pending: "Waiting for you", on_hold: "In progress", resolved: "Solved", closed: "Closed" },
  priority: { low: "Low", medium: "Medium", high: "High", urgent: "Urgent", label: "Priority" },
  account: {
    signIn: "Sign in", signUp: "Create an account", reset: "Set a new password", signInTitle: "Sign in to support", signUpTitle: "Create your account", resetTitle: "Set a new password",
    phone: "Mobile number", password: "Password", newPassword: "New password", name: "Your name", code: "Code",
    withPassword: "Use a password", withCode: "Use a code by SMS", sendCode: "Send the code", codeSent: (phone: string) => `We have sent a code to ${isolate(phone)}.`, otherPhone: "Other number",
    resendIn: (seconds: number) => plural(seconds, { one: "New code in # second", other: "New code in # seconds" }), resend: "Send a new code",
    noAccount: "New here?", haveAccount: "Already have an account?", forgot: "Forgotten your password?", show: "Show the password", hide: "Hide the password",
    secondFactor: "Your account needs a code too. We have sent it by SMS.", secondPassword: "Your account needs the password too.", resetDone: "The new password is set. Sign in with it.",
    endedTitle: "Your session has ended", endedText: "Sign in again. What you have written is still here.",
    signOutTitle: "Sign out without sending?", signOutText: (n: number) => plural(n, { one: "# message or draft has not been sent yet. It is deleted from this device if you sign out now.", other: "# messages and drafts have not been sent yet. They are deleted from this device if you sign out now." }),
    tagline: "Ask, follow, and read every answer in one place.",
  },
  tickets: {
    title: "My tickets", new: "New ticket", search: "Search", searchLabel: "Search your tickets", filter: "Show", all: "All", active: "Open", solved: "Solved and closed",
    emptyTitle: "No tickets yet", emptyText: "Ask us anything: open your first ticket.", noneHere: "No tickets here", showAll: "Show all tickets", noneFound: "Nothing found", noneFoundText: "Try other words, or fewer.",
    unread: (n: number) => plural(n, { one: "# new message", other: "# new messages" }),
    offlineNew: "Waits for the connection",
  },
  newTicket: {
    title: "New ticket", category: "What is it about?", subject: "Subject", subjectHint: "In a few words", text: "Your message", textHint: "What happened, and what did you expect?", files: "Add files", drop: "Drop files here",
    priority: "Priority", more: "More", send: "Open the ticket", draftKept: "Your draft is kept on this device.", followUp: (of: string) => (of ? `Follow-up of ${isolate(of)}` : "Follow-up of an earlier ticket"), endFollowUp: "Not a follow-up",
  },
  ticket: {
    log: "Conversation", write: "Write a message", you: "You", support: "Support", unknownAuthor: "Removed user", newMessages: (n: number) => plural(n, { one: "# new message", other: "# new messages" }),
    newLine: "New", typing: (name: string) => `${isolate(name)} is writing…`, several: "Several people are writing…", latest: "To the newest message",
    details: "Details", number: "Ticket", opened: "Opened", category: "Category", assignee: "Handled by", close: "Close the ticket", reopen: "Reopen", closeTitle: "Close this ticket?", closeText: (days: number) => `You can reopen it for ${plural(days, { one: "# day", other: "# days" })}.`,
    editTitle: "Change the subject", print: "Print", followUp: "Open a new ticket with this text", followUpEmpty: "Continue in a new ticket", continues: (number: string) => `Continues ${isolate(number)}`, continuedBy: (number: string) => `Continued in ${isolate(number)}`,
    closedHint: "This ticket is closed. A message reopens it.", closedLong: "This ticket was closed a while ago and takes no more messages.", resolvedHint: "Solved? Then you need do nothing. A message reopens the ticket.",
    marks: { waiting: "Waits to be sent", sent: "Sent", read: "Read", refused: "Not sent" }, refused: "This message was not sent.", editAgain: "Edit", sendAgain: "Send again", gone: "This ticket was deleted.",
    system: {
      status: (who: string, to: string) => `${isolate(who)} set the status to “${isolate(to)}”`, statusAuto: (to: string) => `The status is now “${isolate(to)}”`,
      assigned: (who: string, to: string) => `${isolate(who)} assigned the ticket to ${isolate(to)}`, taken: (who: string) => `${isolate(who)} took the ticket`, released: (who: string) => `${isolate(who)} released the ticket`,
      priority: (who: string, to: string) => `${isolate(who)} set the priority to ${isolate(to)}`, category: (who: string, to: string) => `${isolate(who)} moved the ticket to ${isolate(to)}`, title: (who: string, to: string) => `${isolate(who)} changed the subject to “${isolate(to)}”`,
      tags: (who: string, to: string) => `${isolate(who)} set the tags: ${isolate(to)}`, noTags: (who: string) => `${isolate(who)} removed the tags`, follow_up: (who: string) => `${isolate(who)} continued this in a new ticket`, unlinked: "A linked ticket was deleted", other: (who: string) => `${isolate(who)} changed the ticket`,
    },
    note: "Note",
  },
  files: {
    add: "Add files", remove: (name: string) => `Remove ${isolate(name)}`, tooLarge: (name: string, limit: string) => `${isolate(name)} is larger than ${isolate(limit)}.`, tooMany: (n: number) => `At most ${number(n)} files.`, wrongType: (name: string) => `${isolate(name)}: this type of file is not accepted.`,
    pending: "Being checked…", refused: "Refused by the check", expired: "No longer there", open: (name: string) => `Open ${isolate(name)}`, uploading: "Uploading",
  },
  notifications: {
    title: "Notifications", readAll: "Mark all as read", emptyTitle: "Nothing new", emptyText: "Replies to your tickets appear here.", unread: "unread",
  },
}
