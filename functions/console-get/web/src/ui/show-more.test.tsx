import { cleanup, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, test, vi } from "vitest"
import { NetworkError } from "../api/problem"
import { t } from "../i18n"
import { fetchMore } from "./show-more"
import { Toasts } from "./toast"

beforeEach(() => t.load())
afterEach(cleanup)

test("a page that could not be fetched is said so", async () => {
  HTMLElement.prototype.showPopover = HTMLElement.prototype.hidePopover = vi.fn()
  render(<Toasts />)
  await fetchMore({ isFetchingNextPage: false, fetchNextPage: async () => ({ error: new NetworkError("") }) }, ["list"])
  await screen.findByText(/No connection to the server/)
})
