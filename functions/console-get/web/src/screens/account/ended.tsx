import "./account.css"
import type { User } from "../../api/types"
import { useSignOut } from "../../app/sign-out"
import { t } from "../../i18n"
import { Button } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { SignInForm } from "./sign-in-form"

/** Sign-in over the screen whose session has ended: the screen and its drafts stay. */
export function EndedSession({ user }: { user: User }) {
  const leaving = useSignOut()
  return (
    <Dialog title={t().account.endedTitle} closable={false} onClose={() => {}}>
      <p>{t().account.endedText}</p>
      <SignInForm knownPhone={user.phone} />
      <Button kind="quiet" onClick={leaving.start}>{t().nav.signOut}</Button>
      {leaving.question}
    </Dialog>
  )
}
