import { useState } from "preact/hooks"
import { call } from "../../api/client"
import { minPassword } from "../../api/limits"
import { endSession, session } from "../../app/session"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { profileText } from "../../i18n/profile"
import { Button, PasswordField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { toast } from "../../ui/toast"
import { useCodeSteps } from "../account/code"

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

/** Takes a code and the new password, of staff the current one too. All sessions end with the change, this one also. */
function PasswordDialog({ onClose }: { onClose: () => void }) {
  const text = profileText()
  const { phone, role } = session.value!.user
  const [current, setCurrent] = useState("")
  const [password, setPassword] = useState("")
  const { form, codeStep, submit } = useCodeSteps("reset", async (proven) => {
    await call("post", "/password/reset", { body: { ...proven, password, ...(current ? { currentPassword: current } : {}) } })
    onClose()
    toast(t().account.resetDone)
    endSession()
  })
  return (
    <Dialog title={text.changePassword} onClose={onClose}>
      {!codeStep && <p>{text.ownCode}<br /><bdi class="ltr">{digits(phone)}</bdi></p>}
      <form
        class="profile-form"
        onSubmit={(event) => {
          event.preventDefault()
          void submit(phone)
        }}
      >
        {codeStep}
        {codeStep && role !== "user" && <PasswordField label={text.currentPassword} value={current} onText={setCurrent} problem={form.problem("currentPassword")} autocomplete="current-password" />}
        {codeStep && <PasswordField label={t().account.newPassword} hint={t().errors.tooShort(minPassword)} value={password} onText={setPassword} problem={form.problem("password")} required minLength={minPassword} autocomplete="new-password" />}
        <FormProblem error={form.error} except={["code", "currentPassword", "password"]} />
        <Button type="submit" kind="primary" wide busy={form.busy}>{codeStep ? text.changePassword : t().account.sendCode}</Button>
      </form>
    </Dialog>
  )
}
