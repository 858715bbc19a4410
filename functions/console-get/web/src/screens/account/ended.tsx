import "./account.css"
import type { User } from "../../api/types"
import { signOut } from "../../app/session"
import { t } from "../../i18n"
import { Button } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { SignInForm } from "./sign-in-form"

/** Sign-in over the screen whose session has ended: the screen and its drafts stay. */
export function EndedSession({ user }: { user: User }) {
  return (
    <Dialog title={t().account.endedTitle} closable={false} onClose={() => {}}>
      <p>{t().account.endedText}</p>
      <SignInForm fixedPhone={user.phone} />
      <Button kind="quiet" onClick={() => void signOut()}>{t().nav.signOut}</Button>
    </Dialog>
  )
}
