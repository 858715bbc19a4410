import { texts } from "."
import type { admin } from "./admin.en"

/** The texts of src/screens/admin; loaded with its chunk. */
export const adminText = texts<typeof admin>({
  en: async () => (await import("./admin.en")).admin,
  fa: async () => (await import("./admin.fa")).admin,
})
