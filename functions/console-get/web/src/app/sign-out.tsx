import { useState } from "preact/hooks"
import { countDrafts } from "../drafts/drafts"
import { t } from "../i18n"
import { outbox } from "../outbox/outbox"
import { Confirm } from "../ui/dialog"
import { toastError } from "../ui/toast"
import { signOut } from "./session"

/** Signs out; asks first while messages wait or drafts are kept. `question` belongs to the screen that starts it. */
export function useSignOut() {
  const [unsent, setUnsent] = useState(0)
  const leave = () => signOut().catch(toastError)
  const start = async () => {
    const count = outbox.peek().length + (await countDrafts())
    setUnsent(count)
    if (count === 0) await leave()
  }
  return {
    start: () => void start(),
    question: unsent > 0 && <Confirm title={t().account.signOutTitle} text={t().account.signOutText(unsent)} confirm={t().nav.signOut} kind="danger" onConfirm={() => void leave()} onClose={() => setUnsent(0)} />,
  }
}
