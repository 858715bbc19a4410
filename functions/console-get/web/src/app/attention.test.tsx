import { act, cleanup, render } from "@testing-library/preact"
import { afterEach, expect, test } from "vitest"
import { Router } from "wouter-preact"
import { t } from "../i18n"
import { putTickets } from "../log/tickets"
import { Title, useScreenName } from "./attention"

afterEach(cleanup)

function Screen({ name }: { name: string }) {
  useScreenName(name)
  return null
}

test("the title names the screen and what is unread", async () => {
  await t.load()
  putTickets([{ id: "t1", version: 1, title: "Charged twice" } as never])
  const title = async (path: string, unread = 0, name = "") => {
    await act(() => void render(<Router hook={() => [path, () => {}]}><Title unread={unread} />{name && <Screen name={name} />}</Router>))
    cleanup()
    return document.title
  }
  expect(await title("/tickets")).toBe("Tickets – Support")
  expect(await title("/tickets/t1", 2)).toBe("(2) Charged twice – Support")
  expect(await title("/inbox/mine/t1")).toBe("Charged twice – Support")
  expect(await title("/inbox/mine")).toBe("Inbox – Support")
  expect(await title("/admin/users", 0, "Users")).toBe("Users – Support")
  expect(await title("/admin")).toBe("Admin – Support") // the name of the former screen is gone
  expect(await title("/constructor")).toBe("Support")
})
