import { useEffect } from "preact/hooks"
import { refreshUser } from "../../app/session"
import { profileText } from "../../i18n/profile"
import "./profile.css"
import { AppSection } from "./app-section"
import { Contact } from "./contact"
import { DataSection } from "./data-section"
import { DeviceSection } from "./device-section"
import { PasswordSection } from "./password"
import { Personal } from "./personal"
import { Sessions } from "./sessions"

export default function Profile() {
  // Another device may have changed it.
  useEffect(() => {
    const refresh = () => document.visibilityState === "visible" && void refreshUser()
    refresh()
    document.addEventListener("visibilitychange", refresh)
    return () => document.removeEventListener("visibilitychange", refresh)
  }, [])
  return (
    <div class="screen profile">
      <header class="screen-head"><h1>{profileText().title}</h1></header>
      <Personal />
      <Contact />
      <AppSection />
      <DeviceSection />
      <PasswordSection />
      <Sessions />
      <DataSection />
    </div>
  )
}
