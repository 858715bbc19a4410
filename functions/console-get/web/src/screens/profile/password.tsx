import { useState } from "preact/hooks"
import { call } from "../../api/client"
import { minPassword } from "../../api/limits"
import { endSession } from "../../app/session"
import { t } from "../../i18n"
import { profileText } from "../../i18n/profile"
import { Button, PasswordField } from "../../ui/controls"
import { toast } from "../../ui/toast"
import { OwnCodeDialog } from "./own-code-dialog"

/** The password; the server keeps only a hash, so that it can be replaced but not shown. */
export function PasswordSection() {
  const text = profileText()
  const [changing, setChanging] = useState(false)
  return (
    <section>
      <h2>{t().account.password}</h2>
      <p class="hint">{text.passwordNote}</p>
      <div><Button onClick={() => setChanging(true)}>{text.changePassword}</Button></div>
      {changing && <PasswordDialog onClose={() => setChanging(false)} />}
    </section>
  )
}

/** Replaces the password. All sessions end with the change, this one also. */
function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState("")
  const replace = async (proven: { phone: string; code: string }, current: string) => {
    await call("post", "/password/reset", { body: { ...proven, password, ...(current ? { currentPassword: current } : {}) } })
    onClose()
    toast(t().account.resetDone)
    endSession()
  }
  return (
    <OwnCodeDialog purpose="reset" title={profileText().changePassword} confirm={profileText().changePassword} kind="primary" current="currentPassword" onProven={replace} onClose={onClose} fields={["password"]}>
      {(form) => <PasswordField label={t().account.newPassword} hint={t().errors.tooShort(minPassword)} value={password} onText={setPassword} problem={form.problem("password")} required minLength={minPassword} autocomplete="new-password" />}
    </OwnCodeDialog>
  )
}
