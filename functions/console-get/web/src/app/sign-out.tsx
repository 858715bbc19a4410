import { useState } from "preact/hooks"
import { t } from "../i18n"
import { outbox } from "../outbox/outbox"
import { Confirm } from "../ui/dialog"
import { toastError } from "../ui/toast"
import { signOut } from "./session"

/** Signs out; asks first while messages wait. `question` belongs to the screen that starts it. */
export function useSignOut() {
  const [asking, ask] = useState(false)
  const leave = () => void signOut().catch(toastError)
  return {
    start: () => (outbox.peek().length ? ask(true) : leave()),
    question: asking && <Confirm title={t().account.signOutTitle} text={t().account.signOutText(outbox.value.length)} confirm={t().nav.signOut} kind="danger" onConfirm={leave} onClose={() => ask(false)} />,
  }
}
