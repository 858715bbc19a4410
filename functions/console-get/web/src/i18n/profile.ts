import { texts } from "."
import type { profile } from "./profile.en"

/** The texts of src/screens/profile; loaded with its chunk. */
export const profileText = texts<typeof profile>({
  en: async () => (await import("./profile.en")).profile,
  fa: async () => (await import("./profile.fa")).profile,
})
