import { cleanup } from "@testing-library/preact"
import { vi } from "vitest"
import { queryClient } from "../src/api/query"
import { forgetDrafts } from "../src/drafts/drafts"
import { deleteDatabase } from "../src/log/db"

/** Ends a test of a form whose drafts are in the database of the user "me". */
export async function leaveForm(): Promise<void> {
  cleanup()
  queryClient.clear()
  forgetDrafts()
  vi.unstubAllGlobals()
  await deleteDatabase("me")
}
