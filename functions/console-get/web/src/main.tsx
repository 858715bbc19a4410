import "@fontsource-variable/vazirmatn"
import "./ui/tokens.css"
import "./ui/base.css"
import "./ui/ui.css"
import "./app/shell.css"
import { effect } from "@preact/signals"
import { QueryClientProvider } from "@tanstack/preact-query"
import { render } from "preact"
import { queryClient } from "./api/query"
import { firstContent } from "./app/first-content"
import { App, prepareScreen } from "./app/router"
import { renewPush, startAlerts } from "./alerts"
import { restoreSession, session } from "./app/session"
import { applyTheme } from "./app/theme"
import { registerWorker } from "./app/worker"
import { pauseOutbox, startOutbox, stopOutbox } from "./outbox/outbox"
import { setLanguage, t } from "./i18n"
import { makeFormatters } from "./i18n/format"
import { preferredLanguage } from "./i18n/preferred"
import { trimStored } from "./log/stored"
import { connection } from "./socket/realtime"
import { limitHiddenSockets } from "./socket/hidden"
import { startSync } from "./socket/sync"
import { translateValidity } from "./ui/validity"

async function start(): Promise<void> {
  applyTheme()
  const language = setLanguage(preferredLanguage())
  const prepared = restoreSession().then(prepareScreen)
  await language
  makeFormatters()
  await Promise.all([t.load(), prepared])
  render(
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>,
    document.getElementById("app")!,
  )
  await firstContent()
  startRest()
}

/** Starts what the first rows do not need and would wait for. */
function startRest(): void {
  translateValidity()
  startSync()
  startAlerts()
  limitHiddenSockets()
  registerWorker()
  void trimStored().catch(() => {})
  // Sending and the WebSocket live as long as somebody is signed in.
  effect(() => {
    const current = session.value
    if (current && !current.ended) {
      connection.start()
      void startOutbox()
      renewPush()
    } else {
      connection.stop()
      if (current) pauseOutbox()
      else stopOutbox()
    }
  })
  // Frames are in the language that the user had when their connection was opened.
  let locale = session.peek()?.user.locale
  session.subscribe((current) => {
    if (!current || current.user.locale === locale) return
    locale = current.user.locale
    connection.renew()
  })
}

void start()
