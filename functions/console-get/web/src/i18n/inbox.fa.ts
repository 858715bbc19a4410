import type { inbox as english } from "./inbox.en"

export const inbox: typeof english = {
  title: "صندوق",
}
