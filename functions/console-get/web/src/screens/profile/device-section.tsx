import { useState } from "preact/hooks"
import { state, turnOff, turnOn } from "../../alerts/push"
import { setSound, type Sound, sound } from "../../alerts/settings"
import { ring } from "../../alerts/ring"
import { call } from "../../api/client"
import { session, staff, updateUser } from "../../app/session"
import { profileText } from "../../i18n/profile"
import { Button, Segments } from "../../ui/controls"
import { toastError } from "../../ui/toast"
import { SavedCheck } from "./saved-check"

/** Sound and system notifications on this device. */
export function DeviceSection() {
  const text = profileText()
  const [heard, setHeard] = useState(sound)
  const choose = (to: Sound) => {
    setSound(to)
    setHeard(to)
    if (to !== "off") ring()
  }
  const sounds = (staff.value ? ["off", "mine", "all"] : ["off", "mine"]) as readonly Sound[]
  return (
    <section>
      <h2>{text.device}</h2>
      <div class="profile-form">
        <div class="field">
          <span class="label">{text.sound}</span>
          <Segments<Sound> label={text.sound} value={heard} options={sounds.map((value) => ({ value, label: text.sounds[value] }))} onValue={choose} />
        </div>
        <SystemNotifications />
      </div>
    </section>
  )
}

function SystemNotifications() {
  const text = profileText()
  const [now, setNow] = useState(state)
  const [busy, setBusy] = useState(false)
  const [local, setLocal] = useState(false)
  const { pushText } = session.value!.user.notifications
  const toggle = async () => {
    setBusy(true)
    try {
      if (now === "on") await turnOff()
      else setLocal(!(await turnOn()))
    } catch (error) {
      toastError(error)
    }
    setNow(state())
    setBusy(false)
  }
  const save = (on: boolean) => call("patch", "/profile", { body: { notifications: { pushText: on } } }).then(updateUser)
  return (
    <div class="field">
      <span class="label">{text.system}</span>
      {now === "missing" && <p class="hint">{text.systemMissing}</p>}
      {now === "denied" && <p class="hint">{text.systemDenied}</p>}
      {(now === "on" || now === "off") && <div><Button busy={busy} onClick={() => void toggle()}>{now === "on" ? text.systemOff : text.systemOn}</Button></div>}
      {now === "on" && (
        <>
          {local && <p class="hint" role="status">{text.systemLocal}</p>}
          <SavedCheck label={text.pushText} checked={pushText ?? false} save={save} />
          <p class="hint">{text.pushTextNote}</p>
        </>
      )}
    </div>
  )
}
