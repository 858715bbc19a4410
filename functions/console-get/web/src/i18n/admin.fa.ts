import type { admin as english } from "./admin.en"

export const admin: typeof english = {
  title: "مدیریت",
}
