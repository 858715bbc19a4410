import { CircleAlert, CircleCheck } from "lucide-preact"
import { useState } from "preact/hooks"
import { call } from "../../api/client"
import { session, updateUser } from "../../app/session"
import { t } from "../../i18n"
import { digits } from "../../i18n/format"
import { profileText } from "../../i18n/profile"
import { Button, CodeField, PasswordField, TextField } from "../../ui/controls"
import { Dialog } from "../../ui/dialog"
import { FormProblem } from "../../ui/states"
import { toast } from "../../ui/toast"
import { CodeForm } from "../account/code-form"
import { useForm } from "../account/use-form"
import { SavedCheck } from "./saved-check"

/** Phone number, e-mail address and the channels that are used. */
export function Contact() {
  const user = session.value!.user
  const [email, setEmail] = useState(user.email ?? "")
  const [dialog, setDialog] = useState<"phone" | "email" | null>(null)
  const form = useForm()
  const changed = email.trim() !== (user.email ?? "")
  const submit = () =>
    form.run(async () => {
      if (changed) updateUser(await call("patch", "/profile", { body: { email } }))
      if (!email.trim()) return toast(t().state.saved)
      await call("post", "/profile/email/code")
      setDialog("email")
    })
  const save = (channel: "email" | "sms") => (on: boolean) => call("patch", "/profile", { body: { notifications: { [channel]: on } } }).then(updateUser)
  return (
    <section>
      <h2>{profileText().tell}</h2>
      <div class="profile-form">
        <div class="profile-line">
          <div class="field"><span class="label">{profileText().phone}</span><bdi class="ltr">{digits(user.phone)}</bdi></div>
          <Button onClick={() => setDialog("phone")}>{profileText().changePhone}</Button>
        </div>
        <form
          class="profile-line"
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          <TextField label={profileText().email} type="email" dir="ltr" value={email} onText={setEmail} problem={form.problem("email")} autocomplete="email" />
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
      {dialog === "email" && <EmailDialog email={email} onClose={() => setDialog(null)} />}
      {dialog === "phone" && <PhoneDialog onClose={() => setDialog(null)} />}
    </section>
  )
}

function EmailDialog({ email, onClose }: { email: string; onClose: () => void }) {
  const [code, setCode] = useState("")
  const form = useForm()
  const confirm = (entered: string) =>
    form.run(async () => {
      updateUser(await call("post", "/profile/email/confirm", { body: { code: entered } }))
      onClose()
    })
  return (
    <Dialog title={profileText().confirmEmail} onClose={onClose} actions={<Button kind="primary" busy={form.busy} onClick={() => void confirm(code)}>{profileText().confirmEmail}</Button>}>
      <CodeField label={t().account.code} hint={profileText().emailSent(email)} problem={form.problem("code")} value={code} onText={setCode} onDone={(done) => void confirm(done)} autoFocus />
      <FormProblem error={form.error} except={["code"]} />
    </Dialog>
  )
}

function PhoneDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState("")
  return (
    <Dialog title={profileText().phoneTitle} onClose={onClose}>
      <p>{profileText().phoneNote}</p>
      <CodeForm
        purpose="phone"
        phoneLabel={profileText().newPhone}
        submitLabel={profileText().phoneTitle}
        fields={["password"]}
        onSubmit={async (proven) => {
          updateUser(await call("post", "/profile/phone", { body: { ...proven, password } }))
          toast(t().state.saved)
          onClose()
        }}
      >
        {(problem) => <PasswordField label={profileText().currentPassword} value={password} onText={setPassword} problem={problem("password")} required autocomplete="current-password" />}
      </CodeForm>
    </Dialog>
  )
}
