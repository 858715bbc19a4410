import { texts } from "."
import type { inbox } from "./inbox.en"

/** The texts of src/screens/inbox; loaded with its chunk. */
export const inboxText = texts<typeof inbox>({
  en: async () => (await import("./inbox.en")).inbox,
  fa: async () => (await import("./inbox.fa")).inbox,
})
