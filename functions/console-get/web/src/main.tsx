import "@fontsource-variable/vazirmatn"
import "./ui/tokens.css"
import "./ui/base.css"
import "./ui/ui.css"
import "./app/shell.css"
import { effect } from "@preact/signals"
import { QueryClientProvider } from "@tanstack/preact-query"
import { render } from "preact"
import { queryClient } from "./api/query"
import { App, preloadScreen } from "./app/router"
import { renewPush, startAlerts } from "./alerts"
import { restoreSession, session } from "./app/session"
import { applyTheme } from "./app/theme"
import { registerWorker } from "./app/worker"
import { pauseOutbox, startOutbox, stopOutbox } from "./outbox/outbox"
import { preferredLanguage, setLanguage, t } from "./i18n"
import { connection } from "./socket/realtime"
import { limitHiddenSockets } from "./socket/hidden"
import { startSync } from "./socket/sync"
import { translateValidity } from "./ui/validity"

async function start(): Promise<void> {
  applyTheme()
  const language = setLanguage(preferredLanguage())
  const restored = restoreSession()
  preloadScreen(location.pathname)
  await Promise.all([language.then(t.load), restored])
  translateValidity()
  startSync()
  startAlerts()
  limitHiddenSockets()
  registerWorker()
  // Sending and the WebSocket live as long as somebody is signed in.
  effect(() => {
    const current = session.value
    if (current && !current.ended) {
      connection.start()
      void startOutbox(current.user.id)
      renewPush()
    } else {
      connection.stop()
      if (current) pauseOutbox()
      else stopOutbox()
    }
  })
  render(
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>,
    document.getElementById("app")!,
  )
}

void start()
