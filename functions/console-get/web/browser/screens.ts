import type { Page } from "playwright-core"
import { closedTicketId, type Role, type State, ticketId } from "./fixtures"

export interface Screen {
  name: string
  role: Role
  path: string
  state?: State
  /** Opens what the screen hides: a dialog, a menu. */
  act?: (page: Page) => Promise<void>
  /** Whether a golden picture of it is kept. */
  golden?: true
}

const press = (keys: string) => (page: Page) => page.keyboard.press(keys)
const click = (selector: string) => (page: Page) => page.locator(selector).first().click()

async function waitingMessage(page: Page): Promise<void> {
  await page.locator(".composer-text").fill("Is it the first or the second charge?")
  await page.keyboard.press("Control+Enter")
  await page.locator("[data-own] .mark").last().waitFor()
}

async function pasteFile(page: Page): Promise<void> {
  await page.locator("textarea").evaluate((field) => {
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File(["paid"], "receipt of the payment for the yearly invoice, final version.pdf", { type: "application/pdf" }))
    field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }))
  })
  await page.locator(".file").waitFor()
}

async function openForCustomer(page: Page): Promise<void> {
  const details = page.locator(".pane-details-button")
  if (await details.isVisible()) await details.click() // they do not stand beside the ticket
  await page.locator(".details .button[data-kind=quiet]", { has: page.locator("svg.lucide-plus") }).click()
  await page.locator("dialog .new-ticket-fields").waitFor()
}

async function signOutWithDraft(page: Page): Promise<void> {
  await page.locator(".composer-text").fill("Which?")
  await page.locator("nav.rail [aria-haspopup=menu]").click()
  await page.locator("nav.rail [role=menuitem]").last().click()
  await page.locator("dialog[open]").waitFor()
}

async function endSession(page: Page): Promise<void> {
  await page.locator(".composer-text").fill("Is it the first or the second charge?")
  await page.keyboard.press("Control+Enter")
  await page.locator("dialog[open]").waitFor()
}

async function overtakenTags(page: Page): Promise<void> {
  await page.keyboard.press("t")
  await page.getByRole("combobox").fill("second charge")
  await page.keyboard.press("Enter")
  await page.locator(".conflict").waitFor()
}

async function reviewBroadcast(page: Page): Promise<void> {
  await page.locator(".admin-head .button").click()
  const fields = page.locator("dialog .input")
  for (const [index, text] of ["Maintenance", "The service is not available on Friday from 2 to 4.", "نگهداری", "سرویس جمعه از ساعت ۲ تا ۴ در دسترس نیست."].entries()) await fields.nth(index).fill(text)
  await page.locator("dialog .button").last().click()
  await page.locator("dialog figure").first().waitFor()
}

/** Every screen of every role, with its states. */
export const screens: readonly Screen[] = [
  { name: "sign in", role: "nobody", path: "/login", golden: true },
  { name: "sign up", role: "nobody", path: "/signup" },
  { name: "reset", role: "nobody", path: "/reset" },

  { name: "tickets", role: "user", path: "/tickets" },
  { name: "tickets, none", role: "user", path: "/tickets", state: "empty" },
  { name: "tickets, error", role: "user", path: "/tickets", state: "error" },
  { name: "tickets, loading", role: "user", path: "/tickets", state: "loading" },
  { name: "tickets, offline", role: "user", path: "/tickets", state: "offline" },
  { name: "new ticket", role: "user", path: "/tickets/new" },
  { name: "new ticket, file", role: "user", path: "/tickets/new", act: pasteFile },
  { name: "new ticket, follow-up", role: "user", path: "/tickets/01KASGD4A00000000000000006", act: click(".ticket-note .button") },
  { name: "ticket", role: "user", path: `/tickets/${ticketId}`, golden: true },
  { name: "ticket, closed", role: "user", path: `/tickets/01KASGD4A00000000000000006` },
  { name: "ticket, solved", role: "user", path: `/tickets/${closedTicketId}` },
  { name: "ticket, menu", role: "user", path: `/tickets/${ticketId}`, act: click(".ticket-head [aria-haspopup=menu]") },
  { name: "ticket, missing", role: "user", path: "/tickets/01KASGD4A00000000000000099" },
  { name: "ticket, offline", role: "user", path: `/tickets/${ticketId}`, state: "offline", act: waitingMessage },
  { name: "ticket, session ended", role: "user", path: `/tickets/${ticketId}`, state: "ended", act: endSession },
  { name: "ticket, sign out", role: "user", path: `/tickets/${ticketId}`, act: signOutWithDraft },
  { name: "notifications", role: "user", path: "/notifications" },
  { name: "notifications, none", role: "user", path: "/notifications", state: "empty" },
  { name: "notifications, error", role: "user", path: "/notifications", state: "error" },
  { name: "notifications, offline", role: "user", path: "/tickets", state: "offline", act: click("a[href$='/notifications']") },
  { name: "profile", role: "user", path: "/profile" },
  { name: "not found", role: "user", path: "/nowhere" },

  { name: "inbox", role: "support", path: "/inbox/open" },
  { name: "inbox, none", role: "support", path: "/inbox/mine", state: "empty" },
  { name: "inbox, error", role: "support", path: "/inbox/mine", state: "error" },
  { name: "inbox, loading", role: "support", path: "/inbox/mine", state: "loading" },
  { name: "inbox, ticket", role: "support", path: `/inbox/open/${ticketId}`, golden: true },
  { name: "inbox, offline", role: "support", path: `/inbox/open/${ticketId}`, state: "offline" },
  { name: "inbox, palette", role: "support", path: `/inbox/open/${ticketId}`, act: press("Control+k") },
  { name: "inbox, keys", role: "support", path: `/inbox/open/${ticketId}`, act: press("?") },
  { name: "inbox, assign", role: "support", path: `/inbox/open/${ticketId}`, act: press("a") },
  { name: "inbox, tags", role: "support", path: `/inbox/open/${ticketId}`, act: press("t") },
  { name: "inbox, conflict", role: "support", path: `/inbox/open/${ticketId}`, act: overtakenTags },
  { name: "inbox, new ticket", role: "support", path: `/inbox/open/${ticketId}`, act: openForCustomer },
  { name: "inbox, note", role: "support", path: `/inbox/open/${ticketId}`, act: press("n") },

  { name: "dashboard", role: "admin", path: "/admin", golden: true },
  { name: "dashboard, none", role: "admin", path: "/admin", state: "empty" },
  { name: "users", role: "admin", path: "/admin/users" },
  { name: "users, none", role: "admin", path: "/admin/users", state: "empty" },
  { name: "users, error", role: "admin", path: "/admin/users", state: "error" },
  { name: "users, offline", role: "admin", path: "/admin/users", state: "offline" },
  { name: "user", role: "admin", path: "/admin/users", act: click(".admin-row") },
  { name: "new user", role: "admin", path: "/admin/users", act: click(".admin-head .button") },
  { name: "categories", role: "admin", path: "/admin/categories" },
  { name: "category", role: "admin", path: "/admin/categories", act: click(".admin-row") },
  { name: "broadcasts", role: "admin", path: "/admin/broadcasts" },
  { name: "broadcast, review", role: "admin", path: "/admin/broadcasts", act: reviewBroadcast },
  { name: "new broadcast", role: "admin", path: "/admin/broadcasts", act: click(".admin-head .button") },
  { name: "activity", role: "admin", path: "/admin/activity" },
  { name: "audit", role: "admin", path: "/admin/audit" },
  { name: "health", role: "admin", path: "/admin/health" },
  { name: "health, none", role: "admin", path: "/admin/health", state: "empty" },
]
