import { cleanup, render, screen } from "@testing-library/preact"
import { afterEach, beforeEach, expect, test } from "vitest"
import { ApiError } from "../../api/problem"
import { t } from "../../i18n"
import { Pages } from "./pages"

beforeEach(() => t.load())
afterEach(cleanup)

const show = (error: unknown) => render(<Pages result={{ data: undefined, error, items: [], hasNextPage: false, queryKey: ["users"], refetch: async () => ({}) } as never} empty="">{() => null}</Pages>)
const problem = (pointer: string) => new ApiError(400, { code: "bad_request", status: 400, title: "", type: "", detail: "", errors: [{ pointer, code: "too_long", message: "" }] })

test("a search that the server finds too long has no result; another refused query is an error", () => {
  show(problem("?q"))
  screen.getByText("Nothing found")
  show(problem("?role"))
  expect(screen.getByRole("alert").textContent).toContain("This did not work")
})
