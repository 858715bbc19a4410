import { CircleAlert, CircleCheck } from "lucide-preact"
import { useState } from "preact/hooks"
import { call } from "../../api/client"
import { maxEmail } from "../../api/limits"
import { ApiError } from "../../api/problem"
import { session, updateUser } from "../../app/session"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { profileText } from "../../i18n/profile"
import { Button, CodeField, PasswordField, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { toast } from "../../ui/toast"
import { useEdited } from "../../ui/use-edited"
import { CodeStep, Resend, sendCode, type SentCode, sentBefore } from "../account/code"
import { CodeForm } from "../account/code-form"
import { useForm } from "../account/use-form"
import { SavedCheck } from "./saved-check"

/** Phone number, e-mail address and the channels that are used. */
export function Contact() {
  const user = session.value!.user
  const { value: email, ...edited } = useEdited(user.email ?? "")
  const [changingPhone, setChangingPhone] = useState(false)
  /** When the next code can be asked for, while the last one is entered. */
  const [resendAt, setResendAt] = useState<number | null>(null)
  const form = useForm()
  const changed = email.trim() !== (user.email ?? "")
  const submit = () =>
    form.run(async () => {
      if (changed) updateUser(await call("patch", "/profile", { body: { email } }))
      edited.stored(email)
      if (!email.trim()) return toast(t().state.saved)
      // After a change of the address, the last code went to the former one.
      setResendAt(await sendEmailCode().catch((error: unknown) => { if (changed) throw error; return sentBefore(error) }))
    })
  const save = (channel: "email" | "sms") => (on: boolean) => call("patch", "/profile", { body: { notifications: { [channel]: on } } }).then(updateUser)
  return (
    <section>
      <h2>{profileText().tell}</h2>
      <div class="profile-form">
        <div class="profile-line">
          <div class="field"><span class="label">{profileText().phone}</span><bdi class="ltr">{digits(user.phone)}</bdi></div>
          <Button onClick={() => setChangingPhone(true)}>{profileText().changePhone}</Button>
        </div>
        <form
          class="profile-line"
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          <TextField label={profileText().email} type="email" dir="ltr" limit={maxEmail} value={email} onText={edited.set} problem={form.problem("email")} autocomplete="email" />
          {(changed || (user.email && !user.emailVerified)) && <Button type="submit" busy={form.busy}>{changed && !email.trim() ? t().actions.save : profileText().confirmEmail}</Button>}
        </form>
        {user.email && !changed && (
          <p class="profile-state" data-ok={user.emailVerified || undefined}>
            {user.emailVerified ? <CircleCheck size={16} /> : <CircleAlert size={16} />}
            {user.emailVerified ? profileText().emailConfirmed : profileText().emailUnconfirmed}
          </p>
        )}
        <FormProblem error={form.error} except={["email"]} />
        <div>
          <SavedCheck label={profileText().byEmail} checked={user.notifications.email ?? true} save={save("email")} />
          <SavedCheck label={profileText().bySms} checked={user.notifications.sms ?? true} save={save("sms")} />
          <p class="meta">{profileText().tellNote}</p>
        </div>
      </div>
      {resendAt !== null && <EmailDialog email={email} resendAt={resendAt} onClose={() => setResendAt(null)} />}
      {changingPhone && <PhoneDialog onClose={() => setChangingPhone(false)} />}
    </section>
  )
}

/** Sends a code to the address of the profile. Returns when the next one can be asked for. */
async function sendEmailCode(): Promise<number> {
  const { resendAfter } = await call("post", "/profile/email/code")
  return Date.now() + resendAfter * 1000
}

function EmailDialog({ email, resendAt, onClose }: { email: string; resendAt: number; onClose: () => void }) {
  const [code, setCode] = useState("")
  const [at, setAt] = useState(resendAt)
  const form = useForm()
  const confirm = (entered: string) =>
    form.run(async () => {
      updateUser(await call("post", "/profile/email/confirm", { body: { code: entered } }))
      onClose()
    })
  const resend = async () => {
    setAt(await sendEmailCode().catch(sentBefore))
    setCode("")
  }
  return (
    <Dialog title={profileText().confirmEmail} onClose={onClose} onSubmit={() => void confirm(code)} actions={<Button type="submit" kind="primary" busy={form.busy}>{profileText().confirmEmail}</Button>}>
      <CodeField key={at} label={t().account.code} hint={profileText().emailSent(email)} problem={form.problem("code")} value={code} onText={setCode} onDone={(done) => void confirm(done)} autoFocus />
      <Resend at={at} resend={resend} onError={form.setError} />
      <FormProblem error={form.error} except={["code"]} />
    </Dialog>
  )
}

/** Takes a code sent to the new number, and the password, a code sent to the current number, or both. */
function PhoneDialog({ onClose }: { onClose: () => void }) {
  const { phone: current } = session.value!.user
  const [password, setPassword] = useState("")
  const [hasPassword, setHasPassword] = useState(true)
  const [old, setOld] = useState<SentCode | null>(null)
  const [oldCode, setOldCode] = useState("")
  const askOld = async () => setOld(await sendCode(current, "phone"))
  const save = async (proven: { phone: string; code: string; challenge?: string }) => {
    const proof = { ...(hasPassword ? { password } : {}), ...(old ? { oldCode, ...(old.challenge ? { oldChallenge: old.challenge } : {}) } : {}) }
    try {
      updateUser(await call("post", "/profile/phone", { body: { ...proven, ...proof } }))
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : {}
      if (!old && "oldCode" in fields) return askOld()
      if ("password" in fields) setHasPassword(true)
      throw error
    }
    toast(t().state.saved)
    onClose()
  }
  return (
    <Dialog title={profileText().phoneTitle} onClose={onClose}>
      <p>{profileText().phoneNote}</p>
      <CodeForm purpose="phone" phoneLabel={profileText().newPhone} submitLabel={profileText().phoneTitle} fields={["password", "oldCode"]} onSubmit={save}>
        {(form) => (
          <>
            {hasPassword && <PasswordField label={profileText().currentPassword} value={password} onText={setPassword} problem={form.problem("password")} required autocomplete="current-password" />}
            {old ? (
              <CodeStep sent={old} purpose="phone" label={profileText().oldCode} code={oldCode} problem={form.problem("oldCode")} onCode={setOldCode} onSent={setOld} onError={form.setError} />
            ) : (
              <Button kind="quiet" onClick={() => void form.run(async () => { await askOld(); setHasPassword(false) })}>{profileText().noPassword}</Button>
            )}
          </>
        )}
      </CodeForm>
    </Dialog>
  )
}
